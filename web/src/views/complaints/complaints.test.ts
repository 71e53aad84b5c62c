import { expect, it } from "vitest";
import { about, citesOf, citing, type Complaint, areTaken, found, type Line, type Matter, packed } from "./complaints";

const line = (over: Partial<Line>): Line => ({
  project: "p",
  number: "ZB-1",
  title: "道路改造",
  lot_title: "一标段",
  complaint: 7,
  lot: "1",
  matter: "conduct",
  standing: "waiting",
  overdue: false,
  ...over,
});

it("says what a complaint is about, and where that was erased", () => {
  const { matter: _, ...erased } = line({});
  expect(about(line({}))).toBe("complaints.matters.conduct");
  expect(about(erased)).toBe("complaints.erased");
  expect(found([erased], { state: "every", matter: "any", words: "" })).toHaveLength(1);
  expect(found([erased], { state: "every", matter: "conduct", words: "" })).toHaveLength(0);
});

it("finds complaints by state, matter and words, in the server's order", () => {
  const told = { complainant: { name: "王某" } } as Line["told"];
  const all = [
    line({ overdue: true }),
    line({ complaint: 8, standing: "open", matter: "collusion" }),
    line({ complaint: 9, told, number: "ZB-2" }),
  ];
  const numbers = (state: "every" | "overdue" | Complaint["standing"], matter: "any" | Matter = "any", words = "") =>
    found(all, { state, matter, words }).map((it) => it.complaint);
  expect(numbers("every")).toEqual([7, 8, 9]);
  expect(numbers("overdue")).toEqual([7]);
  expect(numbers("waiting")).toEqual([7, 9]);
  expect(numbers("every", "collusion")).toEqual([8]);
  expect(numbers("every", "any", " 王某 ")).toEqual([9]);
  expect(numbers("every", "any", "zb-2")).toEqual([9]);
  expect(numbers("answered")).toEqual([]);
});

it("reads the numbers of events as people write them", () => {
  expect(citesOf("")).toEqual([]);
  expect(citesOf("#12，3、 12, 40")).toEqual([3, 12, 40]);
  for (const wrong of ["0", "-3", "1.5", "x", "3e2", Array.from({ length: 21 }, (_, i) => i + 1).join(",")]) {
    expect(citesOf(wrong), wrong).toBeUndefined();
  }
});

it("tells which complaints cite an event, and nothing of those it may not read", () => {
  const told = (cites: number[]) => ({ cites }) as Complaint["told"];
  const by = citing([line({ complaint: 7, told: told([3, 5]) }), line({ complaint: 8, told: told([5]) }), line({ complaint: 9 })]);
  expect([...by]).toEqual([
    [3, [7]],
    [5, [7, 8]],
  ]);
});

it("sends a stranger's files with the complaint, as many and as large as are taken", async () => {
  const of = (size: number) => ({ size });
  expect(areTaken([of(1), of(4 * 1024 * 1024 - 1)])).toBe(true);
  expect(areTaken([of(2), of(4 * 1024 * 1024 - 1)])).toBe(false);
  expect(areTaken(Array.from({ length: 6 }, () => of(1)))).toBe(false);
  expect(await packed([new File(["abc"], "e\u0301.txt")])).toEqual([{ name: "\u00e9.txt", content: "YWJj" }]);
});
