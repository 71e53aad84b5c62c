import { createPinia, setActivePinia } from "pinia";
import { effectScope, nextTick, reactive } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

const session = reactive({
  session: { certificate: "c1" } as { certificate: string } | null,
  key: null as object | null,
  roles: ["bidder"] as string[],
  act: vi.fn(async () => ({})),
  platform: async () => ({ desk_phone: "010-1" }),
});
vi.mock("@/session", () => ({ useSession: () => session }));
const kept = new Map<string, unknown>();
vi.mock("@/crypto/client", () => ({
  vault: () => ({
    keep: async (name: string, value: unknown) => session.key !== null && !!kept.set(`${session.session?.certificate} ${name}`, value),
    kept: async (name: string) => (session.key ? kept.get(`${session.session?.certificate} ${name}`) : undefined),
  }),
}));

const NOW = 1_000_000_000;
let calls: object[] = [];
const GET = vi.fn(async (_: string) => ({ data: { calls, now: NOW }, response: new Response() }));
vi.mock("@/api", () => ({
  api: { GET: (path: string) => GET(path) },
  data: async (reply: Promise<{ data: unknown }>) => (await reply).data,
}));

const call = (handle: string, answered?: number) => ({
  call: handle,
  text: "登录不了",
  time: 1,
  ...(answered ? { answer: "请刷新", answered } : {}),
});

async function opened() {
  setActivePinia(createPinia());
  const { useCalls } = await import("./calls");
  const desk = effectScope().run(() => useCalls())!;
  await vi.advanceTimersByTimeAsync(0);
  return desk;
}

beforeEach(() => {
  vi.useFakeTimers();
  kept.clear();
  GET.mockClear();
  session.session = { certificate: "c1" };
  session.key = {};
  session.roles = ["bidder"];
  calls = [];
});
afterEach(() => vi.useRealTimers());

it("looks for the answer as long as a call waits, and no longer", async () => {
  const desk = await opened();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(GET).toHaveBeenCalledTimes(1);

  calls = [call("a")];
  await desk.call("登录不了", "p1");
  expect(session.act).toHaveBeenLastCalledWith("", { act: "call-desk", text: "登录不了", project: "p1" });
  expect(desk.isWaiting).toBe(true);
  calls = [call("a", NOW - 5)];
  await vi.advanceTimersByTimeAsync(3_000);
  expect(desk.fresh.map((it) => it.call)).toEqual(["a"]);
  const asked = GET.mock.calls.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(GET).toHaveBeenCalledTimes(asked);
});

it("shows an answer after a reload until it is acknowledged, and old ones not at all", async () => {
  calls = [call("a", NOW - 5), call("old", NOW - 4 * 24 * 3_600_000)];
  expect((await opened()).fresh.map((it) => it.call)).toEqual(["a"]);
  const again = await opened();
  expect(again.fresh.map((it) => it.call)).toEqual(["a"]);
  await again.acknowledge();
  expect(again.fresh).toEqual([]);
  expect((await opened()).fresh).toEqual([]);
});

it("shows the next person at this machine nothing of the last one's", async () => {
  calls = [call("a", NOW - 5)];
  const desk = await opened();
  expect(desk.calls).toHaveLength(1);
  calls = [];
  session.session = null;
  session.roles = [];
  await nextTick();
  expect(desk.calls).toEqual([]);
});
