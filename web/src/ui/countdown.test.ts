// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { all, leaveAll, mounted, settled, words } from "../../tests/mounted";
import Countdown from "./Countdown.vue";

const clock = await vi.hoisted(async () => ({ now: (await import("vue")).ref(0) }));
vi.mock("@/room/clock", () => ({ now: clock.now, serverTime: () => clock.now.value }));

const over = vi.fn();
const shown = () => words(all("[role=timer]")[0]);
const said = () => words(all("[aria-live=polite]")[0]);
const isRed = () => all(".alarmed").length === 1;
const at = async (seconds: number) => {
  clock.now.value = seconds * 1_000;
  await settled();
};

beforeEach(() => {
  clock.now.value = 0;
  over.mockReset();
});
afterEach(leaveAll);

it("shows what remains, red for the last minute or as long as it is told", async () => {
  await mounted(Countdown, { to: 3_661_000 });
  expect([shown(), isRed()]).toEqual(["01:01:01", false]);
  await at(3_600);
  expect([shown(), isRed()]).toEqual(["01:01", false]);
  await at(3_601);
  expect([shown(), isRed()]).toEqual(["01:00", true]);
  leaveAll();
  await mounted(Countdown, { to: 3_661_000, alarm: 0 });
  expect(isRed()).toBe(false);
});

it("is read out at a few marks and not each second, and tells once that it is over", async () => {
  await mounted(Countdown, { to: 62_000, label: "解密剩余时间", onOver: over });
  await at(1);
  expect(said()).toBe("");
  await at(2);
  const minute = said();
  expect(minute).toContain("解密剩余时间");
  await at(3);
  expect(said()).toBe(minute);
  await at(62);
  await at(63);
  expect([shown(), over.mock.calls.length]).toEqual(["00:00", 1]);
  expect(said()).not.toBe(minute);
});

it("stands still while the lot is suspended", async () => {
  await mounted(Countdown, { to: 120_000, stoppedAt: 60_000 });
  await at(100);
  expect(shown()).toBe("01:00");
});

it("says nothing any more of an instant that was moved", async () => {
  const page = await mounted(Countdown, { to: 61_000 });
  await at(1);
  expect(said()).not.toBe("");
  page.given["to"] = 600_000;
  await settled();
  expect(said()).toBe("");
});
