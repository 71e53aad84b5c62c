import { expect, test } from "vitest";
import { lanes, planColumns, spread, type Wanted } from "./columns";
import { following, pack, type Page, pagesOf, pagesWith, resume, scaleFor, stay, tallest } from "./pages";

const column = (id: string, least: number, natural = least): Wanted => ({ id, least, natural });
const ids = (groups: { id: string }[][]) => groups.map((group) => group.map((it) => it.id).join(""));
const total = (columns: { width: number }[]) => columns.reduce((sum, it) => sum + it.width, 0);

test("columns go by priority into groups that fit, and each group begins with those that are always there", () => {
  const always = [column("n", 20), column("b", 80, 300)];
  const others = ["p", "q", "r", "s"].map((id) => column(id, 100));
  expect(ids(planColumns(500, always, others))).toEqual(["nbpqrs"]);
  expect(ids(planColumns(499, always, others))).toEqual(["nbpqr", "nbs"]);
  expect(ids(planColumns(300, always, others))).toEqual(["nbpq", "nbrs"]);
  expect(ids(planColumns(150, always, others))).toEqual(["nbp", "nbq", "nbr", "nbs"]);
  expect(ids(planColumns(500, always, []))).toEqual(["nb"]);
});

test("a group is exactly as wide as the screen, and no column narrower than it can be", () => {
  for (const width of [120, 300, 420, 900, 3000]) {
    for (const group of planColumns(width, [column("n", 20), column("b", 80, 300)], [column("p", 100), column("t", 50, 400)])) {
      expect(total(group)).toBeCloseTo(width);
      if (width >= 200) for (const it of group) expect(it.width).toBeGreaterThanOrEqual({ n: 20, b: 80, p: 100, t: 50 }[it.id]!);
    }
  }
});

test("what is left goes to those that lack most, and beyond that to all alike", () => {
  expect(spread(200, [column("a", 50), column("b", 50, 250)])).toEqual([
    { id: "a", width: 50 },
    { id: "b", width: 150 },
  ]);
  expect(spread(600, [column("a", 100), column("b", 50, 200)])).toEqual([
    { id: "a", width: 200 },
    { id: "b", width: 400 },
  ]);
});

test("as many tables side by side as fit, and at least one", () => {
  expect([lanes(100, 100, 20), lanes(219, 100, 20), lanes(220, 100, 20), lanes(50, 100, 20)]).toEqual([1, 1, 2, 1]);
});

test("every line is on exactly one run, and no run of several is higher than the room", () => {
  const heights = Array.from({ length: 452 }, (_, index) => 40 + ((index * 37) % 150));
  const slices = pack(heights, 500);
  expect(slices.flatMap(({ from, to }) => heights.slice(from, to))).toEqual(heights);
  for (const { from, to } of slices) {
    const used = heights.slice(from, to).reduce((sum, it) => sum + it, 0);
    expect(to).toBeGreaterThan(from);
    expect(used).toBeLessThanOrEqual(500);
    // Nothing more would have fitted.
    if (to < heights.length) expect(used + heights[to]!).toBeGreaterThan(500);
  }
  expect(pack([], 500)).toEqual([]);
  expect(pack([100, 900, 100], 500)).toEqual([
    { from: 0, to: 1 },
    { from: 1, to: 2 },
    { from: 2, to: 3 },
  ]);
  expect(pack([250, 250, 1], 500)).toEqual([
    { from: 0, to: 2 },
    { from: 2, to: 3 },
  ]);
});

test("the same lines show all their columns before the next lines come", () => {
  const pages = pagesOf(0, pack([10, 10, 10], 20), 2, 1);
  expect(pages.map(({ group, slices }) => [group, slices[0]!.from])).toEqual([
    [0, 0],
    [1, 0],
    [0, 2],
    [1, 2],
  ]);
  expect(pagesOf(1, pack([10, 10, 10, 10, 10], 20), 1, 2).map((it) => it.slices.length)).toEqual([2, 1]);
  expect(
    tallest([
      [1, 5],
      [3, 2],
    ]),
  ).toEqual([3, 5]);
});

test("letters shrink only where there would be too many pages", () => {
  const scales = [1, 0.8, 0.65];
  expect(scaleFor(5, 500, 50, scales, 8)).toBe(1);
  expect(scaleFor(80, 500, 50, scales, 8)).toBe(1);
  expect(scaleFor(81, 500, 50, scales, 8)).toBe(0.8);
  expect(scaleFor(452, 500, 50, scales, 8)).toBe(0.65);
});

test("made anew, a screen goes on at the lines it showed; a line that is read holds its pages", () => {
  const before: Page = { section: 0, group: 1, slices: [{ from: 4, to: 6 }] };
  const pages = pagesOf(0, pack([10, 10, 10, 10, 10, 10], 30), 2, 1);
  expect(resume(pages, before)).toBe(3);
  expect(resume(pages, undefined)).toBe(0);
  expect(resume(pages, { section: 2, group: 0, slices: [{ from: 0, to: 1 }] })).toBe(0);
  expect(pagesWith(pages, 0, 4)).toEqual([2, 3]);
  expect([following(2, 4, [2, 3]), following(3, 4, [2, 3]), following(0, 4, [2, 3])]).toEqual([3, 2, 2]);
  expect([following(3, 4, []), following(0, 0, [])]).toEqual([0, 0]);
});

test("a page stays as long as it takes to read it", () => {
  expect([stay(1), stay(6), stay(40)]).toEqual([5_000, 9_000, 12_000]);
});
