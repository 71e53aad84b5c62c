import { describe, expect, it } from "vitest";
import { actorsOf, advance, cursorAt, ofActor, PATIENCE, sourcesBelow, stagesOf, type Step } from "./player";

const step = (seq: number, time: number, by: string, more: Partial<Step> = {}): Step => ({
  seq,
  time,
  kind: "said",
  by: by as Step["by"],
  ...more,
});
const steps = [
  step(1, 1_000, "host", { organisation: "h", who: "城建 张三" }),
  step(2, 5_000, "time", { stages: { "1": "checking" } }),
  step(3, 5_000, "bidder", { organisation: "a", who: "甲 李四" }),
  step(4, 900_000, "bidder", { organisation: "b", who: "乙 王五" }),
  step(5, 901_000, "host", { organisation: "h", who: "城建 张三", stages: { "1": "unlocking", "2": "unlocking" } }),
];

describe("the cursor", () => {
  it("at an instant is after the last event by then, and never before the first", () => {
    expect(cursorAt(steps, 0)).toEqual({ seq: 1, now: 1_000 });
    expect(cursorAt(steps, 4_999)).toEqual({ seq: 1, now: 4_999 });
    expect(cursorAt(steps, 5_000)).toEqual({ seq: 3, now: 5_000 });
    expect(cursorAt(steps, 2_000_000)).toEqual({ seq: 5, now: 2_000_000 });
    expect(cursorAt([], 1)).toBeUndefined();
  });

  it("plays by the clock times its speed, cuts long silences short, and ends with the last event", () => {
    expect(advance(steps, 1_000, 250, 1)).toBe(1_250);
    expect(advance(steps, 1_000, 250, 10)).toBe(3_500);
    // The silence before event 4 is as long as one waits for it, and no longer.
    expect(advance(steps, 5_000, 250, 1)).toBe(900_000 - PATIENCE);
    expect(advance(steps, 5_000, 250, 60)).toBe(900_000 - 60 * PATIENCE);
    expect(advance(steps, 899_900, 250, 1)).toBe(900_150);
    expect(advance(steps, 900_900, 250, 60)).toBe(901_000);
  });
});

it("steps are filtered by a capacity and by one organisation in it", () => {
  const seqs = (actor: string) => ofActor(steps, actor).map(({ seq }) => seq);
  expect(seqs("")).toEqual([1, 2, 3, 4, 5]);
  expect(seqs("by:bidder")).toEqual([3, 4]);
  expect(seqs("bidder:b")).toEqual([4]);
  expect(seqs("by:host")).toEqual([1, 5]);
  expect(actorsOf(steps).map(({ value }) => value)).toEqual(["by:host", "host:h", "by:time", "by:bidder", "bidder:a", "bidder:b"]);
});

it("stages are told in the order in which they began, in each lot", () => {
  expect(stagesOf(steps)).toEqual([
    { seq: 2, lot: "1", stage: "checking" },
    { seq: 5, lot: "1", stage: "unlocking" },
    { seq: 5, lot: "2", stage: "unlocking" },
  ]);
});

it("sources of an element are its own and those below it, and none of a neighbour's", () => {
  const sources = {
    "/lots/1/parties/1": 3,
    "/lots/1/parties/1/course/attempts/0": 9,
    "/lots/1/parties/10": 4,
    "/lots/1/parties/1/line": 7,
  };
  expect(sourcesBelow(sources, "/lots/1/parties/1")).toEqual([
    { what: "self", seq: 3 },
    { what: "line", seq: 7 },
    { what: "attempts", seq: 9 },
  ]);
});
