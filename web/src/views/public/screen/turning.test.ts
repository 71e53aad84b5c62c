// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { shallowRef } from "vue";
import { leaveAll, type Page, mounted, settled, words } from "../../../../tests/mounted";
import { stay } from "./pages";
import ScreenPages from "./ScreenPages.vue";

const row = (key: string) => ({ key, cells: {} });
const section = (key: string, ...rows: string[]) => ({ key, title: key, rows: rows.map(row), heads: [] });
const at = (from: number, to: number, of = 0) => ({ section: of, group: 0, slices: [{ from, to }] });
const drawn = { scale: 1, groups: [[]], most: 1 };
/** What useContent says, and how usePlan laid it out: the screen has no size here. */
const plan = shallowRef<object>();
let sections: object[];
vi.mock("./content", () => ({ useContent: () => () => sections }));
vi.mock("./usePlan", () => ({ GAP: 1, usePlan: () => ({ plan, probe: shallowRef() }) }));
vi.mock("./ScreenTable.vue", () => ({ default: { inheritAttrs: false, render: () => null } }));
vi.mock("@/ui/room/PriceChart.vue", () => ({ default: { inheritAttrs: false, render: () => "chart" } }));

let page: Page;
let screen: { turn(step: number): void; read(step: number): void; release(): void };
const range = () => /(\d+)\D+(\d+)\D+(\d+)/.exec(words())?.slice(1).map(Number);
const next = async () => {
  await vi.advanceTimersByTimeAsync(stay(2));
  await settled();
};

async function shown(more: object = {}): Promise<void> {
  page = await mounted(ScreenPages, {
    ...{ lot: { schema: {} }, paused: false, ref: (it: unknown) => (screen = (it ?? screen) as typeof screen) },
    ...more,
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  sections = [section("opened", "a", "b", "c", "d", "e", "f")];
  plan.value = { sections, drawn: [drawn], pages: [at(0, 2), at(2, 4), at(4, 6)] };
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

describe("the pages of the hall's screen", () => {
  it("turn by themselves, so that everybody is shown, and begin again", async () => {
    await shown();
    const seen: unknown[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      seen.push(range());
      await next();
    }
    expect(seen).toEqual([
      [1, 2, 6],
      [3, 4, 6],
      [5, 6, 6],
      [1, 2, 6],
    ]);
  });

  it("stand still while they are paused, and go on", async () => {
    await shown({ paused: true });
    await next();
    await next();
    expect(range()).toEqual([1, 2, 6]);
    page.given["paused"] = false;
    await settled();
    await next();
    expect(range()).toEqual([3, 4, 6]);
  });

  it("go where the host reads, and stay there as long as it does", async () => {
    await shown();
    page.given["reading"] = "e";
    await settled();
    expect(range()).toEqual([5, 6, 6]);
    await next();
    expect(range()).toEqual([5, 6, 6]);
    page.given["reading"] = undefined;
    await settled();
    await next();
    expect(range()).toEqual([1, 2, 6]);
  });

  it("are turned by hand in both directions", async () => {
    await shown({ paused: true });
    screen.turn(-1);
    await settled();
    expect(range()).toEqual([5, 6, 6]);
    screen.turn(1);
    await settled();
    expect(range()).toEqual([1, 2, 6]);
  });

  it("follow the line that is marked by hand, and not past the last one", async () => {
    await shown({ paused: true });
    for (let line = 0; line < 3; line += 1) screen.read(1);
    await settled();
    expect(range()).toEqual([3, 4, 6]);
    for (let line = 0; line < 9; line += 1) screen.read(1);
    await settled();
    expect(range()).toEqual([5, 6, 6]);
    screen.release();
    screen.turn(1);
    await settled();
    expect(range()).toEqual([1, 2, 6]);
  });

  it("have the chart of the prices behind them, where there are any", async () => {
    await shown({ lot: { schema: { price: "price" } } });
    for (let turn = 0; turn < 3; turn += 1) await next();
    expect(words()).toContain("chart");
    await next();
    expect(range()).toEqual([1, 2, 6]);
  });

  it("go on where they were when they are laid out anew, and begin with other content", async () => {
    await shown({ paused: true });
    screen.turn(1);
    await settled();
    plan.value = { sections, drawn: [drawn], pages: [at(0, 1), at(1, 2), at(2, 3), at(3, 6)] };
    await settled();
    expect(range()?.[0]).toBe(3);
    const others = [section("parties", "a", "b", "c")];
    sections = others;
    plan.value = { sections: others, drawn: [drawn], pages: [at(0, 2), at(2, 3)] };
    await settled();
    expect(range()?.[0]).toBe(1);
  });

  it("say nothing before they are laid out", async () => {
    plan.value = undefined;
    await shown();
    expect(range()).toBeUndefined();
    plan.value = { sections, drawn: [drawn], pages: [at(0, 6)] };
    await settled();
    expect(range()).toEqual([1, 6, 6]);
  });
});
