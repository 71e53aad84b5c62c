// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Refused } from "@/api";
import { all, leaveAll, mounted, say, settled, words } from "../../../../tests/mounted";
import DocumentsPanel from "./DocumentsPanel.vue";

const ask = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({ ...(await real<object>()), api: { GET: ask }, data: (reply: unknown) => reply }));

const list = (done: number) => ({
  ...{ done, total: 2 },
  documents: ["a", "b"].map((id, at) => ({
    id,
    lot: "1",
    bidder: "甲公司",
    name: `${id}.pdf`,
    size: 9,
    state: at < done ? "ready" : "working",
  })),
});
const pass = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  await settled();
};
const downloads = () => all<HTMLAnchorElement>("tbody a").map((it) => words(it));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  ask.mockReset().mockResolvedValue(list(1));
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

it("stay in sight where they could not be asked for again, and are asked for until they are all there", async () => {
  const page = await mounted(DocumentsPanel, { project: "p", lotId: "1", lot: { counts: { opened: 1 } }, log: [] });
  expect(downloads()).toEqual(["a.pdf"]);
  ask.mockRejectedValueOnce(new Refused(0));
  await pass(3_000);
  expect([words().includes(say("common.unreachable")), downloads()]).toEqual([true, ["a.pdf"]]);
  ask.mockResolvedValue(list(2));
  await pass(10_000);
  expect([all("[role=alert]"), downloads()]).toEqual([[], ["a.pdf", "b.pdf"]]);
  await pass(60_000);
  expect(ask).toHaveBeenCalledTimes(3);
  page.leave();
});

it("are asked for no more once the panel is left, also while an answer was under way", async () => {
  const page = await mounted(DocumentsPanel, { project: "p", lotId: "1", lot: { counts: { opened: 1 } }, log: [] });
  let answer = (_: unknown): void => undefined;
  ask.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
  await pass(3_000);
  page.leave();
  answer(list(1));
  await pass(60_000);
  expect(ask).toHaveBeenCalledTimes(2);
});
