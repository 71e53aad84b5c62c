/** What the story knows: the project, its clock, and who sits where. */
import type { Browser } from "playwright-core";
import { Seat, type SeatOptions, launch } from "./browser";
import { until } from "./processes";
import { type Name, type Suite, Town } from "./town";

/** Who can sit in front of a browser. */
export type Sitting = Name | "public" | "screen";

export class Story {
  readonly seats = new Map<Sitting, Seat>();
  project = "";

  private constructor(
    readonly town: Town,
    readonly browser: Browser,
  ) {}

  /** `configured`: sections of kaibiao.toml beside the usual ones. */
  static async begin(configured = "", quorum = 0, suite: Suite = "intl"): Promise<Story> {
    const [town, browser] = await Promise.all([Town.build(configured, quorum, suite), launch()]);
    return new Story(town, browser);
  }

  async end(): Promise<void> {
    if (Seat.complaints.length) console.log(Seat.complaints.join("\n\n"));
    await this.browser.close();
    await this.town.close();
  }

  /** Somebody sits down in front of a browser of their own. */
  async seat(who: Sitting, options: SeatOptions = {}): Promise<Seat> {
    const found = this.seats.get(who);
    if (found) return found;
    const seat = await Seat.take(this.browser, who, this.town.url, options);
    this.seats.set(who, seat);
    return seat;
  }

  /** The seat of somebody who sat down before. */
  at(who: Sitting): Seat {
    const seat = this.seats.get(who);
    if (!seat) throw new Error(`${who} has no seat`);
    return seat;
  }

  /**
   * After each scene: nobody's page did what a page must never do. Where the
   * scene failed, what everybody saw is left in target/e2e/failures.
   */
  async curtain(scene: { state?: string | undefined } | undefined): Promise<void> {
    if (scene?.state === "fail") for (const seat of this.seats.values()) await seat.testify().catch(() => undefined);
    else for (const seat of this.seats.values()) seat.blameless();
  }

  /** The project as the public sees it. */
  view(): Promise<any> {
    return this.town.asks(`projects/${this.project}`);
  }

  async serverNow(): Promise<number> {
    return (await this.town.asks("time")).now;
  }

  async stage(lot: string): Promise<string> {
    return (await this.view()).lots[lot].stage;
  }

  /** Waits until a lot is in a stage. */
  async stands(lot: string, stage: string, patience = 60_000): Promise<void> {
    await until(`lot ${lot} is ${stage}`, async () => (await this.stage(lot)) === stage, patience);
  }

  /** On a slow machine the host postpones, so that what is to happen before T0 does. */
  async keepAhead(seconds: number): Promise<void> {
    const left = (await this.view()).t0 - (await this.serverNow());
    if (left > seconds * 1000) return;
    await this.town.does("host", "project", "postpone", this.project, "--t0", `+${seconds}s`, "--reason", "给投标人留出时间");
  }

  /** The same for the window. */
  async keepOpen(lot: string, seconds: number): Promise<void> {
    const due = (await this.view()).lots[lot].due;
    if (due === undefined || due - (await this.serverNow()) > seconds * 1000) return;
    const by = String(seconds);
    await this.town.does("host", "opening", "extend", this.project, "--lot", lot, "--seconds", by, "--reason", "现场处理需要");
  }
}
