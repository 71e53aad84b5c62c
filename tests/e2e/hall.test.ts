/** The hall's screen and the host's console at every size, with few bidders and with many: measured by their boxes. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { type PreviewServer, build, preview } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { walk } from "./hall/look";
import { type Made, nameOf, projectView, USUAL } from "./hall/views";
import { Seat, launch } from "./harness/browser";
import { ROOT } from "./harness/processes";

let browser: Browser;
let server: PreviewServer;
let seat: Seat;

beforeAll(async () => {
  const root = join(ROOT, "tests/e2e/hall");
  const outDir = join(ROOT, "target/e2e/hall");
  await build({ root, configFile: join(ROOT, "web/vite.config.ts"), logLevel: "error", build: { outDir, emptyOutDir: true } });
  server = await preview({ root, configFile: false, logLevel: "error", build: { outDir }, preview: { port: 0, host: "127.0.0.1" } });
  browser = await launch();
  seat = await Seat.take(browser, "the hall", server.resolvedUrls!.local[0]!);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

type Size = readonly [number, number];
const address = (show: string, made: Partial<Made>) =>
  `/?${new URLSearchParams(Object.entries({ show, ...made }).map(([key, value]) => [key, String(value)]))}`;

async function open(show: "screen" | "console", [width, height]: Size, made: Partial<Made>, page = seat.page): Promise<void> {
  await page.setViewportSize({ width, height });
  await page.goto(address(show, made), { waitUntil: "domcontentloaded" });
  await page
    .locator(show === "screen" ? ".screen .top" : ".columns3 [role=tab]")
    .first()
    .waitFor();
  if (show === "screen") await laidOut(page, made);
}

/** The screen has measured itself, with all that was said. */
async function laidOut(page: Page, { message = 0, stage }: Partial<Made> = {}): Promise<void> {
  if (message) await page.locator(".message").waitFor();
  if (stage === "unlocking") return;
  await page.locator(".tables").waitFor();
  await page.evaluate(async () => {
    for (let still = 0; still < 3; still += 1) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      if (document.querySelector(".probe")) still = -1;
    }
  });
}

describe("the hall's screen", () => {
  const SIZES: Size[] = [
    [1920, 1080],
    [1366, 768],
    [3840, 2160],
  ];
  /** Every number of bidders at every size; names, fields, titles and words of every length among them. */
  const CROWDS: Partial<Made>[] = [
    { bidders: 5, title: 80, message: 300 },
    { bidders: 24, title: 26, unopened: 3 },
    { bidders: 62, title: 12 },
    { bidders: 452, title: 40, unopened: 12 },
  ];
  const FIELDS = [10, 5, 3, 7];
  const LONGEST = [60, 20, 4, 40];

  for (const [at, size] of SIZES.entries()) {
    for (const [crowd, many] of CROWDS.entries()) {
      const made = { ...USUAL, ...many, fields: FIELDS[(crowd + at) % 4]!, longest: LONGEST[(crowd + 2 * at) % 4]! };
      test(`${made.bidders} bidders on ${size.join(" x ")}: each is wholly visible in turn, with all its fields`, async () => {
        await open("screen", size, made);
        if (made.bidders === 24 && size[0] === 1366) await seat.look("hall-announced-24");
        const seen = await seat.page.evaluate(walk);
        expect(seen.faults).toEqual([]);
        const { parties = [], schema } = projectView({ ...USUAL, ...made }).lots["1"]!;
        const fields = schema.fields.map((field) => field.label);
        const missing = parties.filter(({ party, sheet }) => {
          const wanted = ["投标人", ...(sheet ? [...fields, "投标人确认"] : ["认定", "原因"])];
          return !wanted.every((head) => seen.bidders[party]?.includes(head));
        });
        expect(missing.map((it) => it.name)).toEqual([]);
        console.log(`${made.bidders} bidders on ${size.join("x")}: ${seen.pages} pages, the slowest ${Math.round(seen.slowest)} ms`);
      });
    }

    test(`names, the window and a failed lot on ${size.join(" x ")}: nothing is cut or covered`, async () => {
      for (const made of [
        { stage: "checking", bidders: 62, title: 60, message: 120 },
        { stage: "checking", bidders: size[0] === 1366 ? 452 : 100, longest: 12 },
        { stage: "opened", bidders: 24, unopened: 4 },
        { stage: "unlocking", bidders: 24 },
      ] satisfies Partial<Made>[]) {
        await open("screen", size, made);
        const seen = await seat.page.evaluate(walk);
        expect(seen.faults).toEqual([]);
        if (made.stage !== "unlocking") expect(Object.keys(seen.bidders)).toHaveLength(made.bidders);
      }
    });
  }

  test("a screen that becomes lower cuts nobody, and stays at the lines it showed", async () => {
    await open("screen", [1366, 768], { bidders: 62 });
    for (let press = 0; press < 3; press += 1) await seat.page.keyboard.press("PageDown");
    const first = () => seat.page.locator(".tables tr[data-party]").first().getAttribute("data-party");
    const before = await first();
    await seat.page.setViewportSize({ width: 1366, height: 640 });
    await seat.page.waitForTimeout(100);
    await laidOut(seat.page);
    const parties = await seat.page
      .locator(".tables tr[data-party]")
      .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset["party"]));
    expect(parties).toContain(before);
    const seen = await seat.page.evaluate(walk);
    expect(seen.faults).toEqual([]);
    expect(Object.keys(seen.bidders)).toHaveLength(62);
  });

  test("it follows the announcing line by line, and the arrow keys mark lines by hand", async () => {
    const screen = seat.page;
    const made = { bidders: 62, fields: 5, longest: 30 };
    await open("screen", [1920, 1080], made, screen);
    const console_ = await seat.context.newPage();
    await open("console", [1366, 768], made, console_);
    const reading = () => screen.locator(".tables tr.current th").innerText();
    const opened = projectView({ ...USUAL, ...made }).lots["1"]!.parties!.filter((it) => it.sheet);
    await console_.getByRole("button", { name: "逐家显示" }).click();
    for (let at = 0; at < 12; at += 1) {
      await expect.poll(reading, { interval: 10 }).toContain(opened[at]!.name);
      await console_.getByRole("button", { name: "下一家" }).click();
    }
    await console_.getByRole("button", { name: "停止", exact: true }).click();
    await expect.poll(() => screen.locator(".tables tr.current").count()).toBe(0);
    await console_.close();
    await screen.keyboard.press("ArrowDown");
    const first = await reading();
    await screen.keyboard.press("ArrowDown");
    expect(await reading()).not.toBe(first);
  });
});

describe("the host's console", () => {
  const SIZES: Size[] = [
    [1024, 768],
    [1280, 720],
    [1366, 768],
    [1920, 1080],
  ];

  for (const [stage, act] of [
    ["checking", "公布名单"],
    ["unlocking", "延长解密时间"],
    ["objections", "结束异议环节"],
    ["signing", "签署开标记录"],
  ] as const) {
    test(`${stage}: at every width one line is one bidder, and what is due is in the first screen`, async () => {
      await open("console", SIZES[0]!, { stage, bidders: 62, question: 5001 });
      await seat.page.getByRole("tab", { name: "投标人" }).click();
      await seat.page.getByRole("row").nth(5).waitFor();
      for (const size of SIZES) {
        await resize(size);
        const found = await seat.page.evaluate(board);
        expect(found.faults, `at ${size}`).toEqual([]);
        expect(found.highest, `px of a row at ${size}`).toBeLessThan(40);
        if (size[0] >= 1366) expect(found.whole, `rows wholly in sight at ${size}`).toBeGreaterThanOrEqual(12);
        const buttons = seat.page.getByRole("button", { name: act, exact: true });
        expect(await buttons.count(), act).toBe(1);
        expect(await inSight(seat.page, `button:has-text("${act}")`), `${act} at ${size}`).toBe(true);
        // A question of 5,001 characters is a few lines, until it is opened.
        const asked = (await seat.page.locator(".asked").first().boundingBox())!;
        expect(asked.height).toBeLessThan(320);
        if (size[0] === 1280 && stage === "checking") await seat.look("console-checking-62");
      }
    });
  }

  test("on a phone nothing of it sticks out to the right", async () => {
    for (const stage of ["checking", "announced", "signing"] as const) {
      await open("console", [390, 844], { stage, bidders: 24, fields: 10, question: 5001 });
      await seat.page.getByRole("tab", { name: "投标人" }).click();
      await seat.page.getByRole("row").nth(5).waitFor();
      expect(await seat.page.evaluate(() => document.documentElement.scrollWidth), stage).toBeLessThanOrEqual(390);
    }
  });

  test("what a bidder said of its line, and the voice, stand beside ten fields", async () => {
    await open("console", SIZES[0]!, { stage: "announced", bidders: 62, fields: 10 });
    await seat.page
      .getByRole("button", { name: /^播报 / })
      .first()
      .waitFor();
    for (const size of SIZES) {
      await resize(size);
      for (const what of ["th.said", "td.said .badge >> nth=0", "td.acting button >> nth=0", "tbody th >> nth=0"]) {
        expect(await inSight(seat.page, `.announced ${what}`), `${what} at ${size}`).toBe(true);
      }
    }
  });

  test("five fields stand beside the confirmation from 1280 px up, none of them under it", async () => {
    await open("console", [1280, 800], { stage: "announced", bidders: 24, fields: 5, longest: 30 });
    await seat.page.locator(".announced td.said").first().waitFor();
    for (const size of [
      [1280, 800],
      [1366, 768],
    ] satisfies Size[]) {
      await resize(size);
      for (let column = 1; column <= 9; column += 1) {
        expect(await inSight(seat.page, `.announced tbody tr:first-child > :nth-child(${column})`), `column ${column} at ${size}`).toBe(
          true,
        );
        expect(await inSight(seat.page, `.announced thead tr > :nth-child(${column})`), `head ${column} at ${size}`).toBe(true);
      }
      expect(await seat.page.locator(".announced").evaluate((it) => it.scrollWidth - it.clientWidth)).toBeLessThanOrEqual(1);
    }
  });

  test("a thousand bidders: sorted, filtered and found, and only those in sight are drawn", async () => {
    await open("console", [1366, 768], { stage: "checking", bidders: 1_000, longest: 20 });
    const rows = seat.page.getByRole("table").getByRole("row");
    await rows.nth(5).waitFor();
    expect((await seat.page.evaluate(board)).whole).toBeGreaterThanOrEqual(12);
    expect(await rows.count()).toBeLessThan(80);
    await seat.page.getByRole("button", { name: "签到", exact: true }).click();
    expect(await seat.page.getByRole("columnheader", { name: "签到" }).getAttribute("aria-sort")).toBe("ascending");
    expect(await rows.nth(1).innerText()).toContain("未签到");
    await seat.page.getByLabel("显示").selectOption("noDeposit");
    await seat.page.getByText("共 250 家").waitFor();
    await seat.page.getByLabel("显示").selectOption("all");
    await seat.page.getByRole("searchbox").fill(nameOf(776, 20));
    await expect.poll(() => rows.count()).toBe(2);
  });

  test("several are chosen and handled with one reason", async () => {
    await open("console", [1366, 768], { stage: "checking", bidders: 62 });
    await seat.page.getByLabel("显示").selectOption("notSigned");
    await seat.page.getByRole("checkbox", { name: "全选所列投标人" }).check();
    await seat.page.getByText("已选 9 家").waitFor();
    await seat.page.getByRole("button", { name: "准许补签到 (9)" }).click();
    const dialog = seat.page.locator("dialog[open]");
    expect(await dialog.getByRole("listitem").count()).toBe(9);
    expect(await dialog.locator("button[type=submit]").isDisabled()).toBe(true);
    await dialog.getByLabel("理由").fill("网络中断");
    expect(await dialog.locator("button[type=submit]").isEnabled()).toBe(true);
    await dialog.getByRole("button", { name: "取消" }).click();
    await seat.page.getByRole("group", { name: "一并办理" }).getByRole("button", { name: "登记保证金" }).click();
    expect(await dialog.getByRole("checkbox", { checked: true }).count()).toBe(9);
  });

  test("the one button of the ninth step turns to the record, and what signs it stands beside", async () => {
    await open("console", [1366, 768], { stage: "signing", bidders: 62 });
    await seat.page.getByRole("tab", { name: "投标人" }).click();
    await seat.page.getByRole("button", { name: "签署开标记录", exact: true }).click();
    const form = seat.page.locator(".current form");
    await form.waitFor();
    expect(await seat.page.getByRole("tab", { name: "开标记录" }).getAttribute("aria-selected")).toBe("true");
    const sign = seat.page.getByRole("button", { name: "签署开标记录", exact: true });
    expect(await sign.count()).toBe(1);
    expect(await sign.isDisabled()).toBe(true);
    await form.getByRole("textbox").fill("签署");
    expect(await sign.isEnabled()).toBe(true);
    for (const size of SIZES) {
      await resize(size);
      expect(await inSight(seat.page, ".current form button[type=submit]"), `the signature at ${size}`).toBe(true);
      expect(await inSight(seat.page, ".record-digest"), `the record at ${size}`).toBe(true);
    }
  });

  test("what begins by a press alone waits, is not begun by Enter, and is in the first screen at every width", async () => {
    await open("console", [1366, 768], { stage: "announced", bidders: 62, fields: 10 });
    const submit = seat.page.locator(".current form button[type=submit]");
    await submit.waitFor();
    expect(await submit.isDisabled()).toBe(true);
    await seat.page.getByRole("button", { name: "开始异议环节", exact: true }).waitFor();
    await seat.page.locator(".current form input[type=number]").press("Enter");
    expect(await submit.isEnabled()).toBe(true);
    expect(await seat.page.locator("[role=alert]").count()).toBe(0);
    for (const size of SIZES) {
      await resize(size);
      expect(await inSight(seat.page, ".current form button[type=submit]"), `at ${size}`).toBe(true);
    }
    await seat.look("console-announced-62");
  });

  test("in English too the signature is whole at every width, and twelve announced lines are in sight", async () => {
    const turn = (language: string) => seat.page.locator(`.who > button[lang="${language}"]`).click();
    await open("console", SIZES[0]!, { stage: "signing", bidders: 27 });
    await turn("en");
    const sign = ".current form button[type=submit]";
    await seat.page.locator(sign).waitFor();
    for (const size of SIZES) {
      await resize(size);
      expect(await inSight(seat.page, sign), `the signature at ${size}`).toBe(true);
    }
    await turn("zh-CN");
    for (const language of ["zh-CN", "en"]) {
      await open("console", [1366, 768], { stage: "announced", bidders: 27, fields: 6, longest: 33 });
      if (language === "en") await turn("en");
      await seat.page.locator(".announced tbody tr").nth(5).waitFor();
      expect(await seat.page.evaluate(linesInSight), language).toBeGreaterThanOrEqual(12);
    }
    await turn("zh-CN");
  });

  test("a long question is opened on demand", async () => {
    await open("console", [1366, 768], { stage: "checking", bidders: 24, question: 5001 });
    const asked = seat.page.locator(".asked").first();
    const before = (await asked.boundingBox())!.height;
    await asked.getByRole("button", { name: "全文（5001 字）" }).click();
    expect((await asked.boundingBox())!.height).toBeGreaterThan(before * 3);
    await asked.getByRole("button", { name: "收起" }).click();
    expect((await asked.boundingBox())!.height).toBe(before);
  });

  test("nothing was logged that should not be, and axe finds nothing serious", () => {
    seat.blameless();
    expect(Seat.complaints.join("\n\n")).toBe("");
  });
});

/** The console takes the room that it is given, a frame later. */
async function resize([width, height]: Size): Promise<void> {
  await seat.page.setViewportSize({ width, height });
  await seat.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** Whether a thing is in the first screen, and nothing lies over it. */
async function inSight(page: Page, selector: string): Promise<boolean> {
  return page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      if (window.scrollY !== 0 || left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) return false;
      // No edge of it is cut by what scrolls around it.
      const [x, y] = [(left + right) / 2, (top + bottom) / 2];
      const points = [
        [x, top + 2],
        [x, bottom - 2],
        [left + 8, y],
        [right - 8, y],
      ] as const;
      return points.every(([x, y]) => element.contains(document.elementFromPoint(x, y)));
    });
}

/** In the page: how many lines of the announced table are wholly in sight, between its head and its end. */
function linesInSight(): number {
  const table = document.querySelector<HTMLElement>(".announced")!;
  const { bottom } = table.getBoundingClientRect();
  const head = table.querySelector("thead th")!.getBoundingClientRect();
  const end = Math.min(bottom, innerHeight, table.closest("[role=tabpanel]")!.getBoundingClientRect().bottom);
  const rows = [...table.querySelectorAll("tbody tr")].map((row) => row.getBoundingClientRect());
  return rows.filter((row) => row.top >= head.bottom - 1 && row.bottom <= end + 1).length;
}

/** In the page: how many rows of the board are wholly in sight, and whether each is one line. */
function board(): { whole: number; highest: number; faults: string[] } {
  const table = document.querySelector<HTMLElement>(".board [role=table]")!;
  const frame = table.getBoundingClientRect();
  const head = table.querySelector(".head")!.getBoundingClientRect();
  const faults: string[] = [];
  let whole = 0;
  let highest = 0;
  for (const row of table.querySelectorAll<HTMLElement>(".body .line")) {
    const box = row.getBoundingClientRect();
    highest = Math.max(highest, box.height);
    if (box.top >= head.bottom - 1 && box.bottom <= Math.min(frame.bottom, innerHeight) + 1) whole += 1;
    const cells = [...row.children].map((it) => it.getBoundingClientRect());
    cells.forEach((cell, index) => {
      if (cell.top < box.top - 1 || cell.bottom > box.bottom + 1) faults.push(`a cell sticks out of its line: ${row.innerText}`);
      const next = cells[index + 1];
      if (next && cell.right > next.left + 1) faults.push(`cells overlap: ${row.innerText}`);
    });
  }
  if (table.scrollWidth > table.clientWidth + 1) faults.push("the board is wider than its column");
  return { whole, highest, faults: faults.slice(0, 5) };
}
