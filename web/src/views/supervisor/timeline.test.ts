// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { dateTime } from "@/ui/format";
import { all, button, field, fill, leaveAll, type Page, mounted, press, say, settled, words } from "../../../tests/mounted";
import type { Told } from "./events";
import OpeningTimeline from "./OpeningTimeline.vue";

const T0 = Date.UTC(2026, 10, 23, 2);
const SECOND = 1_000;
const told = (seq: number, kind: string, at: number, more: { by?: string; lots?: string[]; what?: object } = {}): Told => {
  const { by = "platform", lots = ["1"], what = {} } = more;
  return { seq, kind, time: T0 + at * SECOND, by, lots, what: { kind, ...what }, text: "", shell: "" };
};
const events: Told[] = [
  told(3, "published", -600, { by: "host", what: { lots: ["1"] } }),
  told(5, "bid_received", -300, { by: "bidder", what: { party: "a" } }),
  told(8, "deadline_reached", 0, { what: { lots: [{ lot: "1", bids: ["b1", "b2"] }] } }),
  told(9, "window_started", 60, { by: "host" }),
  told(11, "unlocked", 90, { by: "bidder", what: { party: "a" } }),
  told(12, "unlock_failed", 120, { by: "bidder", what: { party: "b" } }),
  told(14, "accepted_fixed", 300, {}),
];
let page: Page;
const shown = async (more: object = {}) =>
  (page = await mounted(OpeningTimeline, {
    ...{ events, now: T0 + 400 * SECOND, ended: false, cursor: Number.POSITIVE_INFINITY },
    "onUpdate:cursor": (now: number) => (page.given["cursor"] = now),
    ...more,
  }));
const text = (key: string, filled: Record<string, string | number> = {}) => say(`supervisor.events.${key}`, filled);
const at = (told: Told) =>
  text("cursorAt", { seq: told.seq, all: events.length, time: dateTime(told.time, "second"), kind: say(`supervisor.kinds.${told.kind}`) });
const isAt = (index: number) => expect(words(all("strong.at")[0])).toBe(at(events[index]!));
const moment = (what: string, n: number) => say(`supervisor.moment.${what}`, { n });
const pass = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  await settled();
};
const marks = (kind: string) => all(`svg .${kind}`).length;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

describe("the cursor", () => {
  it("follows the latest event until it is moved, and then stays where it was put", async () => {
    await shown();
    isAt(6);
    await press(text("earlier"));
    expect(page.given["cursor"]).toBe(12);
    page.given["events"] = [...events, told(15, "released", 310, { by: "custodian", what: { x: 1 } })];
    await settled();
    expect(page.given["cursor"]).toBe(12);
    await press(text("live"));
    expect(page.given["cursor"]).toBe(Number.POSITIVE_INFINITY);
    expect(words()).toContain(say("supervisor.kinds.released"));
    expect(button(text("live"))).toBeUndefined();
  });

  it("shows the lots as they stood then, and nothing that came later", async () => {
    await shown({ cursor: 11 });
    expect(words()).toContain(say("supervisor.moment.lot", { lot: "1", stage: say("stages.unlocking") }));
    const counted = words(all(".moments")[0]);
    expect([moment("bids", 2), moment("unlocked", 1)].every((it) => counted.includes(it))).toBe(true);
    expect(counted).not.toContain(moment("failed", 1));
    await press(text("later"));
    expect(words(all(".moments")[0])).toContain(moment("failed", 1));
    // What came later stands faint: here the one mark of the release.
    expect(all("svg .later")).toHaveLength(1);
  });

  it("walks by stages, and stops at both ends", async () => {
    await shown();
    await press(text("earlierStage"));
    isAt(3);
    await press(text("earlierStage"));
    isAt(2);
    await press(text("earlierStage"));
    isAt(0);
    await press(text("earlier"));
    isAt(0);
    await press(text("laterStage"));
    isAt(2);
    for (const _ of events) await press(text("later"));
    isAt(6);
    expect(page.given["cursor"]).toBe(Number.POSITIVE_INFINITY);
  });

  it("goes by the slider to any event, by its place and not by its number", async () => {
    await shown();
    const slider = field(text("cursor"));
    expect([slider.max, slider.value]).toEqual(["6", "6"]);
    slider.value = "2";
    slider.dispatchEvent(new Event("input"));
    await settled();
    expect(page.given["cursor"]).toBe(8);
    isAt(2);
  });
});

describe("playing", () => {
  it("begins again from the end, goes one event at a time, and stops at the end", async () => {
    await shown();
    await press(text("play"));
    isAt(0);
    await pass(500);
    isAt(1);
    await pass(500);
    isAt(2);
    await pass(500 * 4);
    isAt(6);
    await pass(500);
    expect(button(text("play"))).toBeDefined();
    await pass(5_000);
    isAt(6);
  });

  it("goes on from where the cursor is, pauses, and takes another speed at once", async () => {
    await shown({ cursor: 8 });
    await press(text("play"));
    await fill(text("speed"), "10");
    await pass(100);
    isAt(3);
    await press(text("pause"));
    await pass(5_000);
    isAt(3);
  });

  it("ends with the page", async () => {
    await shown({ cursor: 3 });
    await press(text("play"));
    page.leave();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the marks", () => {
  it("tell trouble from the rest, lane by lane, and are one where they would lie on each other", async () => {
    await shown();
    expect([marks("mark"), marks("trouble")]).toEqual([6, 1]);
    leaveAll();
    const crowd = Array.from({ length: 50 }, (_, i) => told(100 + i, "unlocked", 90, { by: "bidder", what: { party: `p${i}` } }));
    await shown({ events: [...events.slice(0, 6), ...crowd] });
    expect([marks("mark"), marks("trouble")]).toEqual([5, 1]);
    expect(words()).toContain(`${say("supervisor.kinds.unlocked")} ×51`);
  });

  it("show how long a lot was suspended and the service away", async () => {
    const stops = [
      told(20, "suspended", 310, { by: "host" }),
      told(21, "outage_noted", 330, { what: { from: T0 + 320 * SECOND, to: T0 + 330 * SECOND } }),
    ];
    await shown({ events: [...events, ...stops] });
    expect(words()).toContain(`${text("suspended")} ${dateTime(T0 + 310 * SECOND, "second")}`);
    expect(words()).toContain(`${text("outage")} ${dateTime(T0 + 320 * SECOND, "second")}`);
    expect(words(all(".moments")[0])).toContain(say("supervisor.moment.suspended"));
  });
});
