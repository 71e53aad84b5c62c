/** Everybody's browser: one Chromium, a context for each seat, and an eye on what a page must never do. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { ROOT } from "./processes";
import { FROM, SHOWN, SIZE, type Shown } from "../../../web/src/views/manual/pictures";
import { type Language, text } from "./texts";
import type { Person } from "./town";

const SCREENS = join(ROOT, "docs/screens");
/** What the manual in the page shows of them. */
const MANUAL = join(ROOT, "web/src/views/manual/pictures");
const MAKE_SCREENS = process.env["KAIBIAO_SCREENS"] === "1";
const SLOW = Number(process.env["KAIBIAO_SLOW"] ?? 1);
const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 390, height: 844 };

function executable(): string {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    const found = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
    if (found) return found;
  }
  throw new Error("Chromium is needed for these tests: scripts/prepare test");
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    // Where nothing says that names of files are UTF-8, the browser finds none of those with Chinese names, without a word.
    env: { ...process.env, LC_ALL: "C.UTF-8" },
    executablePath: executable(),
    headless: process.env["KAIBIAO_HEADED"] !== "1",
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync", "--disable-dev-shm-usage"],
      ...["--disable-background-networking", "--disable-component-update", "--lang=zh-CN", "--force-color-profile=srgb"],
    ],
  });
}

export interface SeatOptions {
  locale?: Language;
  viewport?: { width: number; height: number };
  /** How far this person's own clock is off, in milliseconds. */
  clock?: number;
}

/** What a task takes of a person. */
export interface Effort {
  /** Clicks; choosing a file is one. Fields that are filled in are none. */
  presses: number;
  /** Fields for passphrases that were filled. */
  passphrases: number;
}

/** Somebody in front of a browser. */
export class Seat {
  /** What is wrong with the screens looked at so far. */
  static readonly complaints: string[] = [];
  private static readonly looked = new Set<string>();
  /** What a page must never do, seen so far. */
  private readonly faults: string[] = [];
  /** What each task took, by its name. */
  static readonly counted = new Map<string, Effort>();
  private trouble = false;
  /** Where the token agent listens that this page may reach; nothing else outside the platform. */
  tokenAgent = "";

  private constructor(
    readonly who: string,
    readonly context: BrowserContext,
    readonly page: Page,
    readonly url: string,
    readonly language: Language,
  ) {}

  static async take(browser: Browser, who: string, url: string, options: SeatOptions = {}): Promise<Seat> {
    const context = await browser.newContext({
      viewport: options.viewport ?? WIDE,
      locale: options.locale ?? "zh-CN",
      timezoneId: "Asia/Shanghai",
      deviceScaleFactor: 1,
      reducedMotion: "reduce",
      acceptDownloads: true,
      baseURL: url,
    });
    if (options.clock) await context.addInitScript(shiftClock, options.clock);
    await context.addInitScript(() => {
      // Nobody answers the system's file dialog here, so the page is told that
      // there is none.
      Reflect.deleteProperty(globalThis, "showSaveFilePicker");
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`policy of content: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    await context.addInitScript(countPresses);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000 * Math.max(1, SLOW));
    const seat = new Seat(who, context, page, url, options.locale ?? "zh-CN");
    seat.watch(page);
    context.on("page", (other) => seat.watch(other));
    if (SLOW > 1) {
      const session = await context.newCDPSession(page);
      await session.send("Emulation.setCPUThrottlingRate", { rate: SLOW });
    }
    return seat;
  }

  /** Goes to an address of the page. */
  async go(path: string): Promise<void> {
    await this.page.goto(path, { waitUntil: "domcontentloaded" });
    await this.settled();
  }

  /** Unlocks the certificate where it is locked, as one of SM2 is after a reload. */
  async unlocks(): Promise<void> {
    const locked = this.page.getByRole("banner").getByRole("button", { name: `${this.t("common.locked")} · ${this.t("common.unlock")}` });
    // Who is logged in, and whether their key is locked, stands there at once or not at all.
    await this.button("common.logout").first().waitFor();
    if (!(await locked.isVisible())) return;
    await locked.click();
    await locked.waitFor({ state: "hidden" });
  }

  async reload(): Promise<void> {
    await this.page.reload({ waitUntil: "domcontentloaded" });
    await this.settled();
  }

  /** Logs in through the login page, with a key file and its passphrase; a bidder's first time registers it. */
  async logIn(person: Person): Promise<void> {
    const { page } = this;
    await this.go("/login");
    await page.locator("#login-files").setInputFiles(person.p12);
    await this.field("login.passphrase").fill(person.passphrase);
    await this.look("login", { narrow: true });
    await this.press("login.submit");
    const register = this.button("login.register");
    const elsewhere = () => page.waitForURL((url) => !url.pathname.startsWith("/login"));
    // Whoever has a role is taken further; who has none yet is asked to register.
    await Promise.race([elsewhere(), register.waitFor()]);
    if (await register.isVisible()) {
      await this.look("login-register", { narrow: true });
      await register.click();
      await elsewhere();
    }
    await this.remembers(person);
  }

  /** Types the passphrase whenever a page asks for a key that has locked itself. */
  async remembers(person: Person): Promise<void> {
    const dialog = this.page.getByRole("dialog", { name: this.t("session.unlockTitle") });
    const enter = async () => {
      const file = dialog.locator("input[type=file]");
      if (await file.count()) await file.setInputFiles(person.p12);
      await dialog.getByLabel(this.t("keys.passphrase")).fill(person.passphrase);
      await dialog.locator("button[type=submit]").click();
    };
    // A key of SM2 is in no browser's own keeping: it is asked for after every reload, while a story waits for what comes of it.
    if (person.suite === "gm") void this.whenever(dialog, enter);
    else await this.page.addLocatorHandler(dialog, enter);
  }

  /** Does something each time that this comes up, until the page is closed. */
  private async whenever(shown: Locator, work: () => Promise<void>): Promise<void> {
    while (!this.page.isClosed()) {
      try {
        await shown.waitFor({ timeout: 0 });
        await work();
        await shown.waitFor({ state: "hidden", timeout: 10_000 });
      } catch {
        // It went by itself, or with the page.
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  /** Everything that was asked for is there. */
  async settled(): Promise<void> {
    await this.page.locator("main, [role=main]").first().waitFor();
    await this.page.waitForLoadState("load");
  }

  /** The words on the screen. */
  async words(): Promise<string> {
    return (await this.page.locator("body").innerText()).replaceAll(/\s+/g, " ");
  }

  async sees(text: string | RegExp, patience?: number): Promise<void> {
    await this.page
      .getByText(text)
      .filter({ visible: true })
      .first()
      .waitFor(patience ? { timeout: patience } : {});
  }

  /** A text of the page, in this seat's language. */
  t(key: string, filled: Record<string, string | number> = {}): string | RegExp {
    return text(this.language, key, filled);
  }

  /** The button of a text of the page. */
  button(key: string, filled: Record<string, string | number> = {}): Locator {
    const name = this.t(key, filled);
    return this.page.getByRole("button", typeof name === "string" ? { name, exact: true } : { name });
  }

  /** The field of a text of the page. */
  field(key: string, filled: Record<string, string | number> = {}): Locator {
    return this.page.getByLabel(this.t(key, filled)).first();
  }

  /** Presses a button. */
  async press(key: string, filled: Record<string, string | number> = {}): Promise<void> {
    await this.button(key, filled).filter({ visible: true }).first().click();
  }

  /** Waits for a text of the page. */
  async reads(key: string, filled: Record<string, string | number> = {}, patience?: number): Promise<void> {
    await this.sees(this.t(key, filled), patience);
  }

  /**
   * Confirms what a dialog asks, or a form that stands on the page: types the word or waits the
   * seconds, and waits until it is done. What went wrong stands there.
   */
  async confirm(
    patience = 60_000,
    dialog = this.page.locator("dialog[open]").filter({ hasNotText: this.t("session.unlockTitle") }),
  ): Promise<void> {
    await dialog.waitFor({ timeout: patience });
    const word = dialog.getByLabel(this.t("common.typeToConfirm"));
    if (await word.count()) {
      const [before, after] = String(text(this.language, "common.typeToConfirm", { word: "\0" })).split("\0");
      const asked = await dialog.locator(`label[for="${await word.getAttribute("id")}"]`).innerText();
      await word.fill(asked.slice(before!.length, asked.length - after!.length));
    }
    await dialog.locator("button[type=submit]").click();
    const refused = dialog.getByRole("alert");
    await Promise.race([
      dialog.waitFor({ state: "hidden", timeout: patience }),
      refused.waitFor({ timeout: patience }).then(async () => {
        throw new Error(`${this.who}: ${await dialog.innerText()}`);
      }),
    ]);
  }

  /** Keeps what the page saves when `saving` is done. */
  async saves(saving: () => Promise<void>, path: string): Promise<string> {
    const [download] = await Promise.all([this.page.waitForEvent("download"), saving()]);
    await download.saveAs(path);
    return path;
  }

  /** How far what stood on the screen has moved by itself since the page was opened (Cumulative Layout Shift). */
  shifted(): Promise<number> {
    return this.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) sum += (entry as PerformanceEntry & { value: number }).value;
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve(sum), 500);
        }),
    );
  }

  /** Drags a file or folder of this machine onto a place, as the system's file manager would. */
  async drops(path: string, onto: Locator): Promise<void> {
    await onto.scrollIntoViewIfNeeded();
    const box = await onto.boundingBox();
    if (!box) throw new Error(`${this.who}: there is nothing to drop ${path} onto`);
    const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    const session = await this.context.newCDPSession(this.page);
    for (const type of ["dragEnter", "dragOver", "drop"] as const) await session.send("Input.dispatchDragEvent", { type, ...at, data });
    await session.detach();
  }

  /** Counts what a task takes of a person: presses, and passphrases typed. A task in several parts is summed up. */
  async counts(task: string, work: () => Promise<void>): Promise<Effort> {
    const before = await this.effort();
    await work();
    const after = await this.effort();
    const known = Seat.counted.get(task) ?? { presses: 0, passphrases: 0 };
    const effort = {
      presses: known.presses + after.presses - before.presses,
      passphrases: known.passphrases + after.passphrases - before.passphrases,
    };
    Seat.counted.set(task, effort);
    return effort;
  }

  private effort(): Promise<Effort> {
    return this.page.evaluate(() => JSON.parse(sessionStorage.getItem("e2e.effort") ?? '{"presses":0,"passphrases":0}') as Effort);
  }

  /**
   * Looks at a screen as it stands: nothing serious for those who cannot see
   * or use a mouse, nothing that sticks out of a phone; where pictures are made,
   * keeps one. What is wrong is kept for the end, so that one run tells all.
   */
  async look(name: string, options: { narrow?: boolean; full?: boolean } = {}): Promise<void> {
    // A screen that another bidder has shown already is not looked at again.
    const seen = `${name} ${this.language}`;
    if (Seat.looked.has(seen)) return;
    Seat.looked.add(seen);
    if (this.language === "en") name = `${name}-en`;
    await this.shot(name, options.full ?? false);
    const shown = SHOWN.find((it) => it === name);
    if (MAKE_SCREENS && shown) await this.pictures(shown);
    await this.accessible(name);
    if (!options.narrow) return;
    const before = this.page.viewportSize() ?? WIDE;
    await this.page.setViewportSize(NARROW);
    await this.page.waitForTimeout(300);
    const width = await this.page.evaluate(() => document.documentElement.scrollWidth);
    await this.shot(`${name}-narrow`, false);
    if (width > NARROW.width) {
      const wide = await this.page.evaluate(tooWide, NARROW.width);
      Seat.complaints.push(`${name}: ${width} px wide on a screen of ${NARROW.width} px: ${wide.join("; ")}`);
    }
    await this.accessible(`${name}, narrow`);
    await this.page.setViewportSize(before);
  }

  private async accessible(name: string): Promise<void> {
    const found = await new AxeBuilder({ page: this.page })
      .setLegacyMode(true)
      // Whoever speaks to the page says what is written on a button. The rule is off where nobody asks for it.
      .options({ rules: { "label-content-name-mismatch": { enabled: true } } })
      .analyze();
    const grave = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    if (grave.length === 0) return;
    const lines = grave.map(
      ({ id, impact, help, nodes }) =>
        `  ${impact} ${id}: ${help}\n${nodes
          .slice(0, 4)
          .map((node) => `    ${node.target.join(" ")}  ${node.html.slice(0, 160)}\n      ${node.any[0]?.message ?? ""}`)
          .join("\n")}`,
    );
    Seat.complaints.push(`${name} (${this.page.url()}): axe finds\n${lines.join("\n")}`);
  }

  private async shot(name: string, full: boolean): Promise<void> {
    if (!MAKE_SCREENS) return;
    mkdirSync(SCREENS, { recursive: true });
    await this.page.evaluate(() => window.scrollTo(0, 0));
    const bytes = await this.page.screenshot({ fullPage: full, animations: "disabled", caret: "hide" });
    const file = join(SCREENS, `${name}.png`);
    writeFileSync(file, bytes);
    // A third of the size, where the tool is there.
    if (hasPngquant())
      execFileSync("pngquant", ["--force", "--nofs", "--speed", "1", "--skip-if-larger", "--output", file, "24", file], {
        stdio: "ignore",
      });
  }

  /** The same for the manual: small, and in both languages. */
  private async pictures(name: Shown): Promise<void> {
    const before = this.page.viewportSize() ?? WIDE;
    await this.page.setViewportSize(SIZE);
    const session = await this.context.newCDPSession(this.page);
    // Not by a click of the mouse: a dialog may be open, and clicks are counted.
    const turn = () => this.page.evaluate(() => document.querySelector<HTMLElement>(".who > button[lang]")?.click());
    for (const language of ["zh-CN", "en"]) {
      await this.page.waitForTimeout(400);
      const head = FROM[name];
      if (head)
        await this.page
          .locator(head)
          .first()
          .evaluate((element) => element.scrollIntoView({ block: "start" }));
      else await this.page.evaluate(() => window.scrollTo(0, 0));
      const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 60 });
      mkdirSync(join(MANUAL, language), { recursive: true });
      writeFileSync(join(MANUAL, language, `${name}.webp`), Buffer.from(data, "base64"));
      await turn();
    }
    await session.detach();
    await this.page.setViewportSize(before);
  }

  /** The network fails on purpose meanwhile: what the browser says about it is no fault of the page. */
  async inTrouble(what: () => Promise<void>): Promise<void> {
    this.trouble = true;
    try {
      await what();
    } finally {
      this.trouble = false;
    }
  }

  /** The same over several steps. */
  expectTrouble(expected: boolean): void {
    this.trouble = expected;
  }

  /** Fails when the page did what it must never do. */
  blameless(): void {
    if (this.faults.length) throw new Error(`${this.who}:\n  ${this.faults.join("\n  ")}`);
  }

  /** Leaves behind what the screen showed, and what the page did wrong. */
  async testify(): Promise<void> {
    const folder = join(ROOT, "target/e2e/failures");
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${this.who}.png`), timeout: 5_000 });
    writeFileSync(join(folder, `${this.who}.txt`), [this.page.url(), ...this.faults, await this.words()].join("\n"));
  }

  async leave(): Promise<void> {
    await this.context.close();
  }

  private watch(page: Page): void {
    page.on("console", (message) => {
      if (message.type() !== "error" && !message.text().startsWith("[Vue warn]")) return;
      const text = `${message.text()} (${message.location().url})`;
      // A refusal is said to the person; that the browser logs it too is no fault.
      if (/status of 4\d\d/.test(text) && text.includes("/api/")) return;
      // Nor that it is not running, or that its person declined.
      if (this.tokenAgent && message.location().url.startsWith(this.tokenAgent)) return;
      if (this.trouble && /net::ERR_|WebSocket|status of 50/.test(text)) return;
      this.faults.push(`console: ${text}`);
    });
    page.on("pageerror", (error) => this.faults.push(`uncaught: ${error.stack ?? error.message}`));
    page.on("request", (request) => {
      const target = request.url();
      if (this.tokenAgent && target.startsWith(this.tokenAgent)) return;
      if (!target.startsWith(this.url) && !/^(data|blob|about):/.test(target)) this.faults.push(`another site: ${target}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 500 && !this.trouble) this.faults.push(`${response.status()}: ${response.url()}`);
    });
  }
}

let pngquant: boolean | undefined;
function hasPngquant(): boolean {
  pngquant ??= spawnSync("pngquant", ["--version"]).status === 0 && existsSync(SCREENS);
  return pngquant;
}

/** Runs in the page before anything else: counts what the person does, over reloads too. */
function countPresses(): void {
  const add = (presses: number, passphrases: number) => {
    const before = JSON.parse(sessionStorage.getItem("e2e.effort") ?? '{"presses":0,"passphrases":0}') as Effort;
    const now = { presses: before.presses + presses, passphrases: before.passphrases + passphrases };
    sessionStorage.setItem("e2e.effort", JSON.stringify(now));
  };
  addEventListener("pointerdown", () => add(1, 0), { capture: true });
  addEventListener(
    "change",
    ({ target }) => {
      if (target instanceof HTMLInputElement && target.type === "file") add(1, 0);
      if (target instanceof HTMLInputElement && target.type === "password" && target.value !== "") add(0, 1);
    },
    { capture: true },
  );
}

/** Runs in the page before anything else: its clock is `by` milliseconds off. */
function shiftClock(by: number): void {
  const Real = Date;
  class Shifted extends Real {
    constructor(...given: unknown[]) {
      if (given.length === 0) super(Real.now() + by);
      else super(...(given as [number]));
    }
    static override now(): number {
      return Real.now() + by;
    }
  }
  globalThis.Date = Shifted as DateConstructor;
}

/** What sticks out to the right, for the failure's words. */
function tooWide(width: number): string[] {
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > width + 1)
    .slice(0, 6)
    .map((element) => `${element.tagName.toLowerCase()}.${[...element.classList].join(".")}`);
}
