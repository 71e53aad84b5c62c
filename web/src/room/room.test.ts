import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { effectScope, type EffectScope } from "vue";
import { type Room, restartRooms, useRoom } from ".";

/** Answers that the server has not given yet, the oldest first. */
let asked: ((view: object) => void)[];
vi.mock("@/api", () => ({
  Refused: class extends Error {},
  data: (call: Promise<unknown>) => call,
  api: { GET: () => new Promise((resolve) => asked.push(resolve)) },
}));

interface Listener {
  message(message: object): void;
  shorter(): void;
}
let listener: Listener;
vi.mock("./live", () => ({
  Live: class {
    constructor(_: string, given: Listener) {
      listener = given;
    }
    stop(): void {}
  },
}));

let scope: EffectScope;
let room: Room;
let project = 0;
const seen = (title: string) => ({ title, feed: 0, lots: {} });
const title = () => room.view.value?.title;
async function answer(what: string): Promise<void> {
  asked.shift()?.(seen(what));
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

beforeEach(async () => {
  vi.useFakeTimers();
  asked = [];
  scope = effectScope();
  project += 1;
  room = scope.run(() => useRoom(`p${project}`)) as Room;
  await answer("first");
});
afterEach(() => {
  scope.stop();
  vi.runAllTimers();
  vi.useRealTimers();
});

it("keeps the view for the same person while it begins anew, so that no form on the screen goes away", async () => {
  const gaps: unknown[] = [];
  for (const begin of [
    () => restartRooms(true),
    () => listener.shorter(),
    () => {
      listener.message({ type: "item", n: 1, kind: "said", body: {} });
      listener.message({ type: "hello", after: 0, length: 0, now: 0, steady: true });
    },
  ]) {
    begin();
    gaps.push(title());
    await answer("next");
    gaps.push(title());
  }
  expect(gaps).toEqual(["first", "next", "next", "next", "next", "next"]);
});

it("shows another person nothing of it, nor what was asked for the one before", async () => {
  void room.refresh();
  restartRooms(false);
  expect(title()).toBeUndefined();
  await answer("of the former person");
  expect(title()).toBeUndefined();
  await answer("of the new one");
  expect(title()).toBe("of the new one");
});
