// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type EffectScope, effectScope } from "vue";
import { usePolled } from "./usePolled";

const EVERY = 4_000;
/** What the server would answer now, and the questions that wait for it, the oldest first. */
let state: string;
let asked: { resolve(): void; reject(error: Error): void }[];
let count: number;
let scope: EffectScope;
let polled: ReturnType<typeof usePolled<string>>;

const ask = () => {
  const seen = state;
  count += 1;
  return new Promise<string>((resolve, reject) => asked.push({ resolve: () => resolve(seen), reject }));
};
const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const answer = () => {
  asked.shift()?.resolve();
  return pass();
};

beforeEach(() => {
  vi.useFakeTimers();
  [state, asked, count] = ["old", [], 0];
  scope = effectScope();
  polled = scope.run(() => usePolled(ask, EVERY)) as typeof polled;
});
afterEach(() => {
  scope.stop();
  vi.useRealTimers();
});

it("asks at once, and again after each answer", async () => {
  await answer();
  expect([polled.data.value, count]).toEqual(["old", 1]);
  state = "new";
  await pass(EVERY);
  await answer();
  expect([polled.data.value, count]).toEqual(["new", 2]);
});

it("refreshes by a question of its own where one was under way before", async () => {
  const done = vi.fn();
  state = "done";
  void polled.refresh().then(done);
  void polled.refresh().then(done);
  await answer();
  expect([polled.data.value, done.mock.calls.length, count]).toEqual(["old", 0, 2]);
  await answer();
  expect([polled.data.value, done.mock.calls.length, count]).toEqual(["done", 2, 2]);
});

it("refreshes also where the question before it fails", async () => {
  state = "done";
  const refreshed = polled.refresh();
  asked.shift()?.reject(new Error("network"));
  await pass();
  expect(polled.problem.value).toBeInstanceOf(Error);
  await answer();
  await refreshed;
  expect([polled.data.value, polled.problem.value]).toEqual(["done", undefined]);
});

it("asks nothing after its part is gone", async () => {
  const refreshed = polled.refresh();
  scope.stop();
  await answer();
  await refreshed;
  await polled.refresh();
  await pass(10 * EVERY);
  dispatchEvent(new Event("online"));
  expect(count).toBe(1);
});
