import { describe, expect, it } from "vitest";
import { groups, type Line, matches } from "./openings";

const at = (hour: number, date = 22) => Date.UTC(2026, 10, date, hour);
const line = (id: string, stage: string, deadline: number): Line => ({ id, stage, deadline, title: `${id}号工程`, number: `JY-${id}` });

describe("the day's openings", () => {
  const all = [
    line("1", "bidding", at(3)), line("2", "bidding", at(1)), line("3", "unlocking", at(0)), line("4", "closed", at(0)),
    line("5", "bidding", at(1, 23)), line("6", "closed", at(1, 20)), line("7", "failed_few_bids", at(2)),
    line("8", "objections", at(1, 21)), line("9", "closed", at(1, 21)),
  ];
  const ids = (lines: Line[]) => lines.map((it) => it.id).join("");

  it("wait, run or are closed, each in the order of their times", () => {
    const made = groups(all, "2026-11-22");
    expect(ids(made.waiting)).toBe("21");
    expect(ids(made.closed)).toBe("47");
  });

  it("hold whatever still runs, though it began on another day", () => {
    expect(ids(groups(all, "2026-11-22").running)).toBe("83");
  });

  it("leave other days apart, the nearest first", () => {
    const made = groups(all, "2026-11-22");
    expect(ids(made.later)).toBe("5");
    expect(ids(made.earlier)).toBe("96");
  });

  it("are found by all words of a title or a number", () => {
    expect(matches(all[0] as Line, "jy-1 工程")).toBe(true);
    expect(matches(all[0] as Line, "JY-2")).toBe(false);
    expect(matches(all[0] as Line, "  ")).toBe(true);
  });
});
