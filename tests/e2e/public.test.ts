/** What the page is for everybody, before anybody logs in. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Seat, launch } from "./harness/browser";
import { text } from "./harness/texts";
import { Town } from "./harness/town";
import { CHAPTERS } from "../../web/src/ui/manual";

/** The whole first load, compressed. */
const BUDGET = 300 * 1024;

let town: Town;
let browser: Browser;
const seats: Seat[] = [];

beforeAll(async () => {
  [town, browser] = await Promise.all([Town.build(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await town?.close();
});
afterEach(async () => {
  for (const seat of seats.splice(0)) {
    seat.blameless();
    await seat.leave();
  }
});

async function visitor(options: Parameters<typeof Seat.take>[3] = {}): Promise<Seat> {
  const seat = await Seat.take(browser, "a visitor", town.url, options);
  seats.push(seat);
  return seat;
}

test("the first load is under 300 KB, and all of it comes from the platform", async () => {
  const { page, context } = await visitor();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  await page.goto("/", { waitUntil: "networkidle" });
  console.log(`first load: ${Math.round(bytes / 1024)} KB of ${BUDGET / 1024} KB`);
  expect(bytes).toBeLessThan(BUDGET);
});

test("the page is sent with a policy that allows nothing from elsewhere and nothing inline", async () => {
  const reply = await fetch(`${town.url}/`);
  const policy = reply.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  // The page's own module of suite gm, and a token agent on the reader's machine (docs/adr/0030, 0032): these two alone.
  const rest = policy.replace(" 'wasm-unsafe-eval'", "").replace(" http://127.0.0.1:*", "");
  expect(rest).not.toMatch(/unsafe|https?:|\*/);
});

test("a visitor reads the page in English, and it stays English", async () => {
  const seat = await visitor();
  await seat.go("/");
  await seat.page.getByRole("button", { name: "English" }).click();
  await seat.page.getByRole("heading", { level: 1, name: String(text("en", "public.openings.title")) }).waitFor();
  expect(await seat.page.locator("html").getAttribute("lang")).toBe("en");
  await seat.reload();
  await seat.page.getByRole("heading", { level: 1, name: String(text("en", "public.openings.title")) }).waitFor();
});

test("the page is used by keyboard alone, from the skip link to the login", async () => {
  const seat = await visitor();
  await seat.go("/");
  await seat.page.keyboard.press("Tab");
  expect(await focused(seat)).toBe(text("zh-CN", "common.skip"));
  for (let step = 0; step < 30 && (await focused(seat)) !== text("zh-CN", "common.login"); step += 1) await seat.page.keyboard.press("Tab");
  await seat.page.keyboard.press("Enter");
  await seat.page.waitForURL(/\/login/);
});

test("the environment is checked before anybody logs in, and each finding says what to do", async () => {
  const seat = await visitor();
  await seat.go("/check");
  await seat.page.waitForTimeout(3_000);
  await seat.look("check", { narrow: true });
});

test("an address that leads nowhere says so", async () => {
  const seat = await visitor();
  await seat.go("/nowhere/at/all");
  await seat.look("nothing", { narrow: true });
});

test("the offline tool's page shows the digest", async () => {
  const seat = await visitor();
  await seat.go("/tool");
  await seat.page.waitForTimeout(1_000);
  await seat.look("tool-page", { narrow: true });
});

test("each role's chapter of the manual is read without a login, from the screen it is about, and stays without a network", async () => {
  const seat = await visitor();
  await seat.go("/");
  const link = seat.page.locator("header").getByRole("link", { name: String(seat.t("manual.title")) });
  const [opened] = await Promise.all([seat.context.waitForEvent("page"), link.click()]);
  await opened.waitForURL(/\/manual\/public#find$/);
  await opened.locator("#find:focus").waitFor();
  await opened.close();
  for (const chapter of CHAPTERS) {
    await seat.go(`/manual/${chapter}`);
    await seat.page.locator("#proof").waitFor();
    await seat.page.waitForLoadState("networkidle");
    const blank = await seat.page
      .locator(".chapter img")
      .evaluateAll((all) => all.filter((it) => !(it as HTMLImageElement).naturalWidth).length);
    expect(blank, chapter).toBe(0);
    await seat.look(`manual-${chapter}`, { narrow: true });
  }
  await seat.inTrouble(async () => {
    await seat.context.setOffline(true);
    await seat.page.locator(".contents a").last().click();
    await seat.page.locator("#proof:focus").waitFor();
    await seat.context.setOffline(false);
  });
  await seat.page.emulateMedia({ media: "print" });
  expect(await seat.page.locator("header.head").isVisible()).toBe(false);
  expect(await seat.page.locator(".chapter img").first().isVisible()).toBe(true);
  await seat.page.emulateMedia({ media: null });
});

test("none of these screens is too wide for a phone, or has a serious finding of axe", () => {
  expect(Seat.complaints.join("\n\n")).toBe("");
});

const focused = (seat: Seat) => seat.page.evaluate(() => document.activeElement?.textContent?.trim());
