// @vitest-environment happy-dom
import { afterEach, expect, it } from "vitest";
import { all, leaveAll, mounted, say, words } from "../../../tests/mounted";
import ComplaintSums from "./ComplaintSums.vue";
import type { Told } from "./figures";

afterEach(leaveAll);

const told = (complaints: number, complaining?: Told["complaining"]): Told => ({
  lots: {},
  bids: 0,
  authorities: [],
  causes: {},
  helps: 0,
  extended: 0,
  extended_seconds: 0,
  outages: {},
  ratings: 0,
  complaints,
  ...(complaining && { complaining }),
});
const rows = () => all("tbody tr").map((row) => [...row.children].map((cell) => cell.textContent));

it("tells what became of complaints, and of few their number alone", async () => {
  const of = { taken_up: 4, declined: 1, answered: 2, overdue: 3 };
  await mounted(ComplaintSums, {
    months: [
      { month: "2026-09", figures: told(0) },
      { month: "2026-10", figures: told(2) },
      { month: "2026-11", figures: told(6, of) },
    ],
    whole: told(8, { ...of, taken_up: 5 }),
  });
  expect(rows()).toEqual([
    ["2026-10", "2", say("figures.few")],
    ["2026-11", "6", "4", "1", "2", "3"],
    [say("figures.sum"), "8", "5", "1", "2", "3"],
  ]);
});

it("says that there were none", async () => {
  await mounted(ComplaintSums, { months: [{ month: "2026-11", figures: told(0) }], whole: told(0) });
  expect(words()).toContain(say("figures.nothing"));
  expect(all("table")).toEqual([]);
});
