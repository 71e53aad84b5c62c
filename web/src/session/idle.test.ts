import { beforeEach, describe, expect, it, vi } from "vitest";
import { Idle, IN_HALL, USUAL } from "./idle";

let clock: number;
const kept = new Map<string, string>();
vi.stubGlobal("localStorage", {
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, value: string) => void kept.set(name, value),
  removeItem: (name: string) => void kept.delete(name),
});
const tab = () => new Idle(() => clock);

beforeEach(() => {
  kept.clear();
  clock = 1_000_000;
});

describe("the idle lock", () => {
  it("comes a quarter of an hour after the last input", () => {
    const idle = tab();
    idle.extend();
    clock += 10 * 60_000;
    expect(idle.left()).toBe(USUAL - 10 * 60_000);
    idle.touch();
    expect(idle.left()).toBe(USUAL);
    clock += USUAL;
    expect(idle.left()).toBe(0);
  });

  it("heeds input in another tab", () => {
    const [one, other] = [tab(), tab()];
    one.extend();
    clock += 14 * 60_000;
    other.touch();
    clock += 14 * 60_000;
    expect(one.left()).toBeGreaterThan(0);
  });

  it("never comes while an upload or an unlock runs", () => {
    for (const reason of ["upload", "unlock"] as const) {
      const idle = tab();
      const end = idle.hold(reason);
      for (let minute = 0; minute < 120; minute += 1) {
        clock += 60_000;
        expect(idle.left()).toBeGreaterThan(USUAL - 10_000);
      }
      end();
      clock += USUAL;
      expect(idle.left()).toBeLessThanOrEqual(0);
    }
  });

  it("waits an hour in a hall, and other tabs with it", () => {
    const [hall, other] = [tab(), tab()];
    hall.hold("hall");
    clock += 59 * 60_000;
    expect(other.left()).toBe(IN_HALL - 59 * 60_000);
    other.touch();
    expect(other.left()).toBe(USUAL);
  });

  it("has come while the machine slept", () => {
    const idle = tab();
    idle.extend();
    clock += 8 * 3600_000;
    expect(idle.left()).toBeLessThan(0);
  });
});
