import { expect, it } from "vitest";
import { type Line, listed, whyNone } from "./lines";

const line = (id: string, stage: string, deadline: number, title = id): Line => ({ id, stage, deadline, title, number: `N-${id}` }) as Line;
const lines = [
  line("a", "bidding", 30),
  line("b", "unlocking", 10),
  line("c", "closed", 5),
  line("d", "bidding", 20, "河道治理"),
  line("e", "checking", 1),
];

it("puts own projects by what is due first, and keeps ended ones apart", () => {
  const { mine, open, ended } = listed(lines, new Set(["a", "b", "c"]), "");
  expect([mine, open, ended].map((list) => list.map((it) => it.id))).toEqual([["b", "a"], ["d"], ["c"]]);
});

it("finds by title and by number", () => {
  expect(listed(lines, new Set(), "河道").open.map((it) => it.id)).toEqual(["d"]);
  expect(listed(lines, new Set(), "n-A").open.map((it) => it.id)).toEqual(["a"]);
});

it("tells a bidder whose projects have all ended from one that takes part in none", () => {
  expect(whyNone(lines, new Set(), "")).toBe("noneMine");
  expect(whyNone(lines, new Set(["c"]), "")).toBe("allEnded");
  expect(whyNone(lines, new Set(["a", "c"]), "不存在")).toBe("noneFound");
});
