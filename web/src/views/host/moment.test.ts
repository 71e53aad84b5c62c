import { expect, it } from "vitest";
import { fromLocal, toLocal } from "./moment";

it("reads and writes Beijing time whatever the device's zone", () => {
  const time = Date.UTC(2026, 10, 22, 1, 30);
  expect(toLocal(time)).toBe("2026-11-22T09:30");
  expect(fromLocal("2026-11-22T09:30")).toBe(time);
  expect(fromLocal(toLocal(time + 5_000))).toBe(time + 5_000);
});

it("takes no day that the calendar does not have", () => {
  expect(fromLocal("2026-02-30T09:00")).toBeUndefined();
  expect(fromLocal("")).toBeUndefined();
});
