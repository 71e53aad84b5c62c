import { expect, it } from "vitest";
import { type RatingsOf, sumOf } from "./ratings";

const project = (...scores: number[]): RatingsOf =>
  ({
    project: "p",
    number: "N",
    title: "T",
    ended: 0,
    total: 0,
    ratings: scores.map((score) => ({ time: 0, by: "bidder", score, comment: "" })),
  }) as unknown as RatingsOf;

it("sums ratings over openings", () => {
  const sum = sumOf([project(5, 4), project(1), project()]);
  expect(sum.count).toBe(3);
  expect(sum.mean).toBeCloseTo(10 / 3);
  expect(sum.satisfied).toBeCloseTo(200 / 3);
  expect(sum.spread).toEqual({ 1: 1, 2: 0, 3: 0, 4: 1, 5: 1 });
});

it("has no mean where nobody has rated", () => {
  expect(sumOf([project()]).mean).toBeUndefined();
});
