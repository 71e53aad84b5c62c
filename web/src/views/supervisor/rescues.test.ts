import { expect, it } from "vitest";
import { rescuesAsked } from "./rescues";

const party = (name: string, course: object, more: object = {}) => ({ party: name, name, bid: name, course, ...more });
const asked = { rescue_asked: true, rescue_ordered: false, unlocked: false };
const lots = {
  "1": {
    stage: "unlocking",
    due: 90,
    parties: [
      party("甲", asked),
      party("乙", { ...asked, rescue_ordered: true }),
      party("丙", { ...asked, unlocked: true }),
      party("丁", { ...asked, rescue_asked: false }),
      party("戊", asked, { refused: true }),
    ],
  },
  "2": { stage: "unlocking", due: 40, suspended: 30, parties: [party("己", asked)] },
  "3": { stage: "releasing", due: 10, parties: [party("庚", asked)] },
};

it("are those that can still be ordered, the most urgent first, with the time that is left", () => {
  const found = rescuesAsked({ lots } as never);
  expect(found.map((it) => [it.lot, it.party.name, it.due, it.suspended])).toEqual([
    ["2", "己", 40, 30],
    ["1", "甲", 90, undefined],
  ]);
});
