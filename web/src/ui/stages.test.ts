import { describe, expect, it } from "vitest";
import { type Stage, steps } from "./stages";

const marks = (stage: Stage, reached: Stage = stage) => steps({ stage, reached }).map((it) => it.mark);

describe("the stepper", () => {
  it("has done what lies before, and is at one step", () => {
    expect(marks("unlocking")).toEqual(["done", "done", "now", "ahead", "ahead", "ahead", "ahead", "ahead", "ahead"]);
    expect(new Set(marks("closed"))).toEqual(new Set(["done"]));
    expect(new Set(marks("preparing"))).toEqual(new Set(["ahead"]));
  });

  it("shows where a lot failed, and that the rest never happens", () => {
    expect(marks("failed_few_bids", "checking").slice(0, 3)).toEqual(["done", "failed", "never"]);
    expect(marks("cancelled", "bidding").slice(0, 2)).toEqual(["failed", "never"]);
    expect(marks("terminated", "announced").slice(4, 7)).toEqual(["done", "failed", "never"]);
  });
});
