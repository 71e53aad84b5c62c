import { expect, it } from "vitest";
import { isIdentityNumber, isIdentityShape } from "./identity";

it("takes a number whose check character is right", () => {
  // The examples of the standard.
  expect(isIdentityNumber("11010519491231002X")).toBe(true);
  expect(isIdentityNumber("11010519491231002x")).toBe(true);
  expect(isIdentityNumber("440524188001010014")).toBe(true);
});

it("finds every wrong digit, and every two neighbours that changed places", () => {
  const right = "11010519491231002X";
  for (let at = 0; at < 17; at += 1) {
    for (const digit of "0123456789") {
      if (digit === right[at]) continue;
      expect(isIdentityNumber(right.slice(0, at) + digit + right.slice(at + 1))).toBe(false);
    }
    if (at < 16 && right[at] !== right[at + 1]) {
      expect(isIdentityNumber(right.slice(0, at) + right[at + 1] + right[at] + right.slice(at + 2))).toBe(false);
    }
  }
});

it("knows a date that is in no calendar, and what is no such number", () => {
  const sums = (body: string) => [..."0123456789X"].map((check) => body + check).filter(isIdentityNumber);
  expect(sums("35010219900229001")).toEqual([]);
  expect(sums("35010219900228001")).toHaveLength(1);
  expect(["", "1101051949123100", "11010519491231002Y"].map(isIdentityShape)).toEqual([false, false, false]);
});
