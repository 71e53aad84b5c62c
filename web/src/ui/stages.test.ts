import { describe, expect, it } from "vitest";
import { steps } from "./stages";

const marks = (...given: Parameters<typeof steps>) => steps(...given).map((it) => it.mark);

describe("the stepper", () => {
  it("has done what lies before, and is at one step", () => {
    expect(marks("unlocking")).toEqual(["done", "done", "now", "ahead", "ahead", "ahead", "ahead", "ahead", "ahead"]);
    expect(new Set(marks("closed"))).toEqual(new Set(["done"]));
    expect(new Set(marks("preparing"))).toEqual(new Set(["ahead"]));
  });

  it("shows where a lot failed, and that the rest never happens", () => {
    expect(marks("failed_few_bids").slice(0, 3)).toEqual(["done", "failed", "never"]);
    expect(marks("cancelled").slice(0, 2)).toEqual(["failed", "never"]);
    expect(marks("terminated", "announced").slice(4, 7)).toEqual(["done", "failed", "never"]);
  });
});
