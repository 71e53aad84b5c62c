import { expect, test } from "vitest";
import { byPriority } from "./content";
import { wanted } from "./measure";

const LETTER = 10;

test("a number is never broken; its head may be", () => {
  const it = wanted({ id: "price", label: "", numeric: true }, 200, 90, LETTER);
  expect(it.least).toBe(100);
  expect(it.easy).toBe(100);
  // The head would like to stand in one line, but not to push others out.
  expect(it.natural).toBe(190);
});

test("a name is broken into lines where it is long, and not below what can be read", () => {
  const long = wanted({ id: "bidder", label: "", name: true }, 30, 600, LETTER);
  expect([long.least, long.easy, long.natural]).toEqual([110, 190, 270]);
  const short = wanted({ id: "bidder", label: "", name: true }, 30, 60, LETTER);
  expect([short.least, short.easy, short.natural]).toEqual([70, 70, 70]);
});

test("an empty column is as wide as its head needs", () => {
  const it = wanted({ id: "line", label: "" }, 50, 0, LETTER);
  expect(it.least).toBe(50);
  expect(it.natural).toBeGreaterThanOrEqual(it.least);
});

test("the price comes before all other fields, and what is not announced never comes", () => {
  const field = (id: string, open = true) => ({ id, label: id, type: "date" as const, required: true, public: open });
  const fields = [field("days"), field("rate", false), field("price"), field("manager")];
  expect(byPriority({ fields, price: "price", better: "low" }).map((it) => it.id)).toEqual(["price", "days", "manager"]);
  expect(byPriority({ fields, better: "low" }).map((it) => it.id)).toEqual(["days", "price", "manager"]);
});
