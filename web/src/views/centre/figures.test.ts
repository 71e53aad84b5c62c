import { expect, it } from "vitest";
import { csvAddress, isMonth, mean, monthOf, monthsBefore, outagesOf, ranked, share, type Told } from "./figures";

it("counts months as Beijing does", () => {
  expect(monthOf(Date.UTC(2026, 9, 31, 15, 59))).toBe("2026-10");
  expect(monthOf(Date.UTC(2026, 9, 31, 16))).toBe("2026-11");
  expect(monthsBefore("2026-11", 11)).toBe("2025-12");
  expect(monthsBefore("2026-01", 1)).toBe("2025-12");
  expect(monthsBefore("2026-12", 0)).toBe("2026-12");
  expect(["2026-11", "2026-13", "2026-1", ""].map(isMonth)).toEqual([true, false, false, false]);
});

it("divides nothing by nothing", () => {
  expect(share(3, 4)).toBe(75);
  expect(share(0, 0)).toBeUndefined();
  expect(mean([0, 1, 0, 0, 2])).toBe(4);
  expect(mean([0, 0, 0, 0, 0])).toBeUndefined();
});

it("puts what happened most first", () => {
  expect(ranked({ b: 1, a: 1, c: 3 })).toEqual([
    ["c", 3],
    ["a", 1],
    ["b", 1],
  ]);
  const told = { outages: { killed: { count: 2, milliseconds: 61_000 }, clock: { count: 1, milliseconds: 500 } } } as unknown as Told;
  expect(outagesOf(told)).toEqual({ count: 3, seconds: 62 });
});

it("asks for a file in the reader's language", () => {
  expect(csvAddress("2026-01", "2026-11", "authorities", "en")).toBe(
    "/api/v1/figures/csv?from=2026-01&to=2026-11&table=authorities&lang=en",
  );
  expect(csvAddress("2026-01", "2026-11", "months", "zh-CN")).toContain("lang=zh");
});
