import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { usePick } from "./pick";

const ALL = ["市公共资源交易中心", "市水利局", "省公证处"];
let sought = "";
const asked: string[] = [];
const register = async () => {
  asked.push(sought);
  return { organisations: ALL.filter((name) => name.includes(sought)), more: false };
};

beforeEach(() => {
  vi.useFakeTimers();
  asked.length = 0;
  sought = "";
});
afterEach(() => vi.useRealTimers());

async function typed(pick: ReturnType<typeof usePick<string>>, text: string): Promise<void> {
  sought = text;
  pick.typed();
  await vi.advanceTimersByTimeAsync(200);
}

it("looks once things are quiet, and leaves what was typed unless one is taken", async () => {
  const pick = usePick(register);
  sought = "市";
  pick.typed();
  await vi.advanceTimersByTimeAsync(100);
  await typed(pick, "市水");
  expect(asked).toEqual(["市水"]);
  expect(pick.shown.value).toBe(true);
  expect(pick.press("Enter")).toBe(false);
  expect(pick.press("Tab")).toBe(false);
});

it("is moved through by arrows, round at both ends, and taken by Enter", async () => {
  const pick = usePick(register);
  await typed(pick, "");
  expect([pick.press("ArrowUp"), pick.at.value]).toEqual([true, 2]);
  expect([pick.press("ArrowDown"), pick.at.value]).toEqual([true, 0]);
  pick.press("ArrowDown");
  expect(pick.press("Enter")).toBe("市水利局");
  expect(pick.shown.value).toBe(false);
});

it("is opened by an arrow, and closed by Escape without taking one", async () => {
  const pick = usePick(register);
  expect(pick.press("ArrowDown")).toBe(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(pick.shown.value).toBe(true);
  expect(pick.press("Escape")).toBe(true);
  expect([pick.shown.value, pick.press("Escape")]).toEqual([false, false]);
});

it("drops an answer that comes after it was closed", async () => {
  let answer: (value: { organisations: string[]; more: boolean }) => void = () => undefined;
  const pick = usePick<string>(() => new Promise((resolve) => (answer = resolve)));
  pick.show();
  pick.close();
  answer({ organisations: ALL, more: false });
  await vi.advanceTimersByTimeAsync(0);
  expect(pick.found.value).toEqual([]);
});
