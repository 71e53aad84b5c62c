// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reactive } from "vue";
import { all, button, leaveAll, mounted, press, say, settled, words } from "../../tests/mounted";
import AppShell from "./AppShell.vue";

const someone = { certificate: "c", organisation_name: "甲公司", name: "张三" };
const fresh = () => ({
  session: someone as object | null,
  key: {} as object | null,
  roles: ["bidder"],
  ready: true,
  locksIn: null as number | null,
  logout: vi.fn(),
  unlocked: vi.fn(async () => ({})),
});
let session = reactive(fresh());
vi.mock("@/session", () => ({ useSession: () => session }));
vi.mock("@/room/clock", async () => {
  const { ref } = await import("vue");
  return { now: ref(0), clockError: ref(0), clockOffset: ref(0), startClock: () => undefined, serverTime: () => 0 };
});
vi.mock("./ClockDoubt.vue", () => ({ default: { render: () => null } }));
vi.mock("./desk/DeskAnswers.vue", () => ({ __esModule: true, default: { render: () => null } }));
vi.mock("./troubles/PlatformTroubles.vue", () => ({ __esModule: true, default: { inheritAttrs: false, render: () => null } }));
const forgetOwn = vi.fn();
vi.mock("@/bids", () => ({ useBids: () => ({ forgetOwn }) }));
const ask = vi.fn();

beforeEach(() => {
  session = reactive(fresh());
  session.logout.mockImplementation(async () => void (session.session = null));
  forgetOwn.mockReset();
  ask.mockReset();
  vi.stubGlobal("confirm", ask);
});
afterEach(() => {
  leaveAll();
  vi.unstubAllGlobals();
});

describe("leaving", () => {
  it("logs out and leads home, and clears nothing", async () => {
    const page = await mounted(AppShell, {}, { at: "/bidder" });
    await press(say("common.logout"));
    await vi.waitFor(() => expect(page.address()).toBe("/"));
    expect([session.logout.mock.calls, forgetOwn.mock.calls.length]).toEqual([[[false]], 0]);
  });

  it("clears this device only when that was confirmed", async () => {
    ask.mockReturnValue(false);
    const page = await mounted(AppShell, {}, { at: "/bidder" });
    await press(say("common.logoutClear"));
    await settled();
    expect([session.logout.mock.calls.length, forgetOwn.mock.calls.length, page.address()]).toEqual([0, 0, "/bidder"]);
    ask.mockReturnValue(true);
    await press(say("common.logoutClear"));
    await vi.waitFor(() => expect(page.address()).toBe("/"));
    expect([session.logout.mock.calls, forgetOwn.mock.calls.length]).toEqual([[[true]], 1]);
  });

  it("has what clears the device in the menu too, where there is no room beside logging out", async () => {
    await mounted(AppShell);
    expect(all("#ways button").map((it) => words(it))).toEqual([say("common.logoutClear")]);
  });
});

it("leads to the login, and back, when the session ends elsewhere; not from pages that are everybody's", async () => {
  const page = await mounted(AppShell, {}, { at: "/bidder?x=1" });
  session.session = null;
  await vi.waitFor(() => expect(page.address()).toBe("/login?to=/bidder?x=1"));
  leaveAll();
  session = reactive(fresh());
  const other = await mounted(AppShell, {}, { at: "/check" });
  session.session = null;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(other.address()).toBe("/check");
});

it("says that the key is locked, and unlocks it", async () => {
  session.key = null;
  await mounted(AppShell);
  await press(`${say("common.locked")} · ${say("common.unlock")}`);
  expect(session.unlocked).toHaveBeenCalledOnce();
  leaveAll();
  session.key = {};
  session.locksIn = 12_400;
  await mounted(AppShell);
  expect(words()).toContain(say("common.locksIn", { seconds: 13 }));
});

it("offers a login where nobody is logged in", async () => {
  session.session = null;
  session.roles = [];
  await mounted(AppShell, {}, { at: "/check" });
  expect(button(say("common.login"))?.getAttribute("href")).toBe("/login?to=/check");
  expect(button(say("common.logout"))).toBeUndefined();
});
