import { expect, it } from "vitest";
import { suspensions } from "./suspensions";

const told = (seq: number, kind: string, by?: string) => ({ seq, at: seq * 1000, kind, ...(by ? { by } : {}) });

it("pairs each suspension with the resumption that ended it, and leaves the last open where none did", () => {
  const course = [
    told(1, "resumed", "甲"),
    told(2, "suspended", "甲"),
    told(3, "announced", "甲"),
    told(4, "resumed"),
    told(5, "resumed", "甲"),
    told(6, "suspended", "监督局"),
    told(7, "terminated", "监督局"),
  ];
  const all = suspensions(course);
  expect(all.map(({ from, to }) => [from.seq, to?.seq])).toEqual([
    [2, 4],
    [6, undefined],
  ]);
  expect(all[0]?.to?.by).toBeUndefined();
});

it("says nothing of a course without one", () => {
  expect(suspensions([told(1, "published")])).toEqual([]);
});
