import { describe, expect, it } from "vitest";
import { groups, type Line, midnight, once, recorded, tasks } from "./openings";

const at = (hour: number, date = 22) => Date.UTC(2026, 10, date, hour);
const line = (id: string, stage: string, deadline: number): Line => ({ id, stage, deadline, title: `${id}号工程`, number: `JY-${id}` });

describe("the day's openings", () => {
  const all = [
    line("1", "bidding", at(3)),
    line("2", "bidding", at(1)),
    line("3", "unlocking", at(0)),
    line("4", "closed", at(0)),
    line("5", "bidding", at(1, 23)),
    line("6", "closed", at(1, 20)),
    line("7", "failed_few_bids", at(2)),
    line("8", "objections", at(1, 21)),
    line("9", "closed", at(1, 21)),
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
});

describe("past results", () => {
  it("lead to the record of each lot that has ended and was not cancelled", () => {
    const stages = { "1": "closed", "2": "failed_few_bids", "3": "cancelled", "4": "signing" } as Line["stages"];
    expect(recorded({ ...line("1", "signing", at(0)), stages })).toEqual(["1", "2"]);
    expect(recorded(line("1", "bidding", at(0)))).toEqual([]);
  });

  it("are listed once, as last read", () => {
    const read = once([line("1", "signing", at(0)), line("2", "closed", at(0)), line("1", "closed", at(0))]);
    expect(read.map((it) => `${it.id} ${it.stage}`)).toEqual(["1 closed", "2 closed"]);
  });
});

describe("somebody's tasks", () => {
  const own = (stage: string, more: Partial<Line>): Line => ({ ...line(stage, stage, at(1)), ...more });

  it("are a bidder's where it has handed in a bid, and end with the opening", () => {
    const bid = [{ lot: "1", live: true, withdrawn: false, last: 0 }];
    const made = tasks(
      [own("bidding", { own: bid }), own("unlocking", { own: bid }), own("closed", { own: bid }), own("checking", {})],
      ["bidder"],
    );
    expect(made.map((task) => `${task.text} ${task.to}`)).toEqual(["hall /projects/unlocking/hall", "attend /projects/bidding/hall"]);
  });

  it("are a host's all the way, and a custodian's where nothing releases for it", () => {
    const duty = {
      lot: "1",
      title: "",
      stage: "releasing" as const,
      x: 1,
      certified: true,
      agent: false,
      released: false,
      release: 2,
      custodians: 3,
    };
    expect(tasks([own("preparing", {})], ["host"]).map((task) => task.to)).toEqual(["/host/preparing"]);
    expect(tasks([own("releasing", { duties: [duty] })], ["centre"]).map((task) => task.text)).toEqual(["custody"]);
    expect(tasks([own("releasing", { duties: [{ ...duty, agent: true }] })], ["centre"])).toEqual([]);
    expect(tasks([own("bidding", { invited: true })], ["bidder"]).map((task) => task.to)).toEqual(["/custodian/bidding"]);
  });

  it("begin at midnight in Beijing", () => {
    expect(midnight("2026-11-22")).toBe(Date.UTC(2026, 10, 21, 16));
  });
});
