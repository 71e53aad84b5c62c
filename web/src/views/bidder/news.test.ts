import "fake-indexeddb/auto";
import { effectScope, reactive } from "vue";
import { beforeAll, beforeEach, expect, it, vi } from "vitest";
import { useVault } from "@/crypto/client";
import type { KeyFile, Vault } from "@/crypto/contract";
import { createVault } from "@/crypto/vault";
import { device, person } from "../../../tests/device";

const session = reactive({ session: null as { certificate: string } | null, key: null as object | null });
vi.mock("@/session", () => ({ useSession: () => session }));

const store = new Map<string, string>();
const local = {
  getItem: (name: string) => store.get(name) ?? null,
  setItem: (name: string, value: string) => void store.set(name, value),
  removeItem: (name: string) => void store.delete(name),
} as unknown as Storage;
vi.stubGlobal(
  "localStorage",
  new Proxy(local, { ownKeys: () => [...store.keys()], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) }),
);

const PROJECT = "0192d3a0-0000-7000-8000-000000000001";
const change = (time: number) => ({ kind: "clarified", time, text: "" });
let changes = [change(1)];

let own: KeyFile;
let other: KeyFile;
let vault: Vault;

beforeAll(() => {
  own = person("91350100M000100Y43");
  other = person("91110000802100433B");
});
beforeEach(() => enter(own, "own"));

async function enter(file: KeyFile, certificate: string): Promise<void> {
  vault = createVault();
  useVault(vault);
  await vault.open([file], "");
  session.session = { certificate };
  session.key = {};
}

/** The banner of a project, as a person who comes to it sees it. */
async function banner() {
  const { useNews } = await import("./news");
  const scope = effectScope();
  const news = scope.run(() =>
    useNews(
      () => PROJECT,
      () => ({ changes }) as never,
    ),
  )!;
  return { ...news, times: () => news.unread.value.map(({ time }) => time), leave: () => scope.stop() };
}

it("what one person has read is unread for the next one, and nobody learns of which project it was", async () => {
  const first = await banner();
  await vi.waitFor(() => expect(first.times()).toEqual([1]));
  await first.acknowledge();
  expect(first.times()).toEqual([]);
  first.leave();
  await vault.lock(true);
  expect(`${await device()} ${[...store].join()}`).not.toMatch(/0192d3a0|clarified/);

  await enter(other, "other");
  const next = await banner();
  await vi.waitFor(() => expect(next.times()).toEqual([1]));
  next.leave();

  await enter(own, "own");
  changes = [change(1), change(2)];
  const again = await banner();
  await vi.waitFor(() => expect(again.times()).toEqual([2]));
  // Another person logs in while the page stays.
  await enter(other, "other");
  await vi.waitFor(() => expect(again.times()).toEqual([1, 2]));
  again.leave();
});

it("what was acknowledged before the key was there is kept once it is, with what was kept before", async () => {
  changes = [change(3)];
  const before = await banner();
  await vi.waitFor(() => expect(before.times()).toEqual([3]));
  await before.acknowledge();
  before.leave();
  await vault.lock(true);
  session.key = null;
  changes = [change(4)];
  const locked = await banner();
  await vi.waitFor(() => expect(locked.times()).toEqual([4]));
  await locked.acknowledge();
  changes = [change(3), change(4), change(5)];
  await enter(own, "own");
  await vi.waitFor(() => expect(locked.times()).toEqual([5]));
  await vi.waitFor(async () => expect(await vault.kept(PROJECT, "read")).toContain("clarified 4 "));
  locked.leave();
  const after = await banner();
  await vi.waitFor(() => expect(after.times()).toEqual([5]));
  after.leave();
});

it("what an earlier page kept in the clear is gone", async () => {
  store.set(`kaibiao.read ${PROJECT}`, '["clarified 1 "]');
  store.set("kaibiao.language", "en");
  (await banner()).leave();
  expect([...store.keys()]).toEqual(["kaibiao.language"]);
});
