/** A thousand bidders on the board: smooth, because only what is seen is drawn. */
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { type PreviewServer, build, preview } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Seat, launch } from "./harness/browser";
import { ROOT } from "./harness/processes";

let browser: Browser;
let server: PreviewServer;
let seat: Seat;

beforeAll(async () => {
  const root = join(ROOT, "tests/e2e/board");
  const outDir = join(ROOT, "target/e2e/board");
  const configFile = join(ROOT, "web/vite.config.ts");
  await build({ root, configFile, logLevel: "error", build: { outDir, emptyOutDir: true } });
  server = await preview({ root, configFile: false, logLevel: "error", build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
  browser = await launch();
  seat = await Seat.take(browser, "the host", server.resolvedUrls!.local[0]!);
  await seat.go("/");
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

test("of a thousand bidders only those in sight are drawn, and all are counted", async () => {
  const table = seat.page.getByRole("table");
  expect(await table.getAttribute("aria-rowcount")).toBe("1001");
  const drawn = await table.getByRole("row").count();
  expect(drawn).toBeGreaterThan(8);
  expect(drawn).toBeLessThan(80);
  await seat.look("board-1000");
  expect(Seat.complaints.join("\n\n")).toBe("");
});

test("scrolling through all of them while they unlock never draws more than is in sight", async () => {
  const { frames, longest, reached } = await seat.page.evaluate(scrollThrough, '[role="table"]');
  console.log(`board of 1,000: ${frames} frames, the longest ${Math.round(longest)} ms`);
  expect(reached).toContain("第1000建筑工程有限公司");
  const drawn = await seat.page.getByRole("table").getByRole("row").count();
  expect(drawn).toBeLessThan(80);
  seat.blameless();
});

test("a bidder is found by name among a thousand", async () => {
  await seat.page.getByRole("searchbox").fill("第777建");
  await seat.page.getByText("第777建筑工程有限公司").waitFor();
  expect(await seat.page.getByRole("table").getByRole("row").count()).toBe(2);
});

/** In the page: scrolls to the end in two seconds and measures every frame. */
async function scrollThrough(selector: string): Promise<{ frames: number; longest: number; reached: string }> {
  const table = document.querySelector<HTMLElement>(selector)!;
  const began = performance.now();
  let before = began;
  let frames = 0;
  let longest = 0;
  for (;;) {
    const at = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
    longest = Math.max(longest, at - before);
    before = at;
    frames += 1;
    const part = (performance.now() - began) / 2_000;
    table.scrollTop = table.scrollHeight * Math.min(1, part);
    if (part > 1.2) break;
  }
  return { frames, longest, reached: table.innerText };
}
