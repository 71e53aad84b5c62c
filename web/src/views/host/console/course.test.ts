// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ref } from "vue";
import { all, button, fill, leaveAll, mounted, press, say, settled, words } from "../../../../tests/mounted";
import StagePanel from "./StagePanel.vue";

const act = vi.fn(async (_: object): Promise<object> => ({}));
vi.mock("../parts/desk", () => ({ useDesk: () => ({ project: "p", busy: ref(false), problem: ref(), act }) }));
vi.mock("../parts/legal", () => ({ useLegal: () => ({ value: { window: 600 } }) }));

const stays = { window: 1_800, extensions: 600, objections: 900 };
const lotOf = (more: object = {}) => ({
  ...{ title: "土建", stage: "checking", extended: 0, policy: { stays }, missing: [], parties: [], records: [] },
  ...more,
});
/** Every act is barred but those that are named. */
const may = (...acts: string[]) =>
  new Proxy({}, { get: (_, name) => (acts.includes(name as string) ? undefined : { code: "wrong-stage" }) });
const show = vi.fn();
const shown = (seen: object, lawful: object, more: object = {}) =>
  mounted(StagePanel, {
    ...{ view: { lots: { "1": seen }, closed_for_bids: true, published: true, t0: 0 }, lot: "1", seen, may: lawful },
    ...{ mayAlso: () => false, onShow: show, ...more },
  });
const named = (name: string) => say(`host.console.acts.${name}`);
/** How each step of the course is marked, in its order. */
const marks = () =>
  all("ol.steps li").map((it) => it.className.split(" ").find((name) => ["done", "now", "ahead", "failed", "never"].includes(name)));
const steps = (done: number, then: string, rest: string) => [
  ...Array.from({ length: done }, () => "done"),
  then,
  ...Array.from({ length: 9 - done }, () => rest),
];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  act.mockReset().mockResolvedValue({});
  show.mockReset();
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

describe("the course", () => {
  it("stands at the list until that is published, and then at the window", async () => {
    await shown(lotOf(), may("publish-list"));
    expect(marks()).toEqual(steps(1, "now", "ahead"));
    leaveAll();
    await shown(lotOf({ listed: 5 }), may("start-window"));
    expect(marks()).toEqual(steps(2, "now", "ahead"));
  });

  it("stands at the close once the host has signed the record in force", async () => {
    await shown(lotOf({ stage: "signing", records: [{ record: "r1", signed: true }] }), may("close"));
    expect(marks()).toEqual(steps(9, "now", "ahead"));
    leaveAll();
    // A corrected record is unsigned again.
    const records = [
      { record: "r1", signed: true },
      { record: "r2", signed: false },
    ];
    await shown(lotOf({ stage: "signing", records }), may("sign-record"));
    expect(marks()).toEqual(steps(8, "now", "ahead"));
  });

  it("breaks off where a lot ended before its time, and is done where it closed", async () => {
    await shown(lotOf({ stage: "terminated", listed: 5 }), may());
    expect(marks()).toEqual(steps(2, "failed", "never"));
    leaveAll();
    await shown(lotOf({ stage: "failed_after_unlock", listed: 5 }), may());
    expect(marks()).toEqual(steps(5, "failed", "never"));
    leaveAll();
    await shown(lotOf({ stage: "closed" }), may());
    expect(marks().every((it) => it === "done")).toBe(true);
  });
});

describe("what is due", () => {
  it("is asked for in a dialog where it cannot be taken back, and nothing is done before that", async () => {
    await shown(lotOf(), may("publish-list"));
    await press(named("publish-list"));
    expect(act).not.toHaveBeenCalled();
    expect(button(`${named("publish-list")} (5)`)?.disabled).toBe(true);
  });

  it("stands in its place with its length, waits, and names what is done", async () => {
    await shown(lotOf({ listed: 5 }), may("start-window"));
    expect(button(`${named("start-window")} (3)`)?.disabled).toBe(true);
    await vi.advanceTimersByTimeAsync(3_000);
    await settled();
    await press(named("start-window"));
    expect(act.mock.calls).toEqual([[{ act: "start-window", lots: ["1"], seconds: 1_800 }]]);
  });

  it("is not sent by Enter in the field of its minutes", async () => {
    await shown(lotOf({ listed: 5 }), may("start-window"));
    await vi.advanceTimersByTimeAsync(3_000);
    await settled();
    const [minutes] = all<HTMLInputElement>("input[type=number]");
    const enter = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
    minutes!.dispatchEvent(enter);
    expect(enter.defaultPrevented).toBe(true);
  });

  it("wants the word before a lot is closed", async () => {
    await shown(lotOf({ stage: "signing", records: [{ record: "r1", signed: true }] }), may("close"));
    expect(button(named("close"))?.disabled).toBe(true);
    const word = say("host.console.words.close");
    await fill(say("common.typeToConfirm", { word }), word);
    await press(named("close"));
    expect(act.mock.calls).toEqual([[{ act: "close", lots: ["1"] }]]);
  });

  it("is not offered while the lot is suspended: then it is resumed", async () => {
    await shown(lotOf({ listed: 5, suspended: 1 }), may("resume", "start-window"), { reason: "网络故障" });
    expect(words()).toContain("网络故障");
    expect(button(named("start-window"))).toBeUndefined();
    expect(button(named("resume"))).toBeDefined();
  });

  it("leads to the record where that is not looked at yet", async () => {
    await shown(lotOf({ stage: "signing", records: [{ record: "r1", signed: false }] }), may("sign-record"));
    await press(named("sign-record"));
    expect(show.mock.calls).toEqual([["sign"]]);
  });

  it("of an ended lot is its record", async () => {
    await shown(lotOf({ stage: "failed_few_bids", records: [{ record: "r1", signed: false }] }), may("sign-record"));
    expect(words()).toContain(say("host.console.signEnded"));
    await press(named("sign-record"));
    expect(show.mock.calls).toEqual([["sign"]]);
  });
});

it("offers beside the course only what is lawful, and opens what has a place of its own", async () => {
  await shown(lotOf(), may("publish-list", "mark-deposit", "suspend", "hand-over"));
  expect(button(named("lift-mask"))).toBeUndefined();
  await press(named("mark-deposit"));
  await press(named("hand-over"));
  expect(show.mock.calls).toEqual([["deposits"], ["hand-over"]]);
});

it("counts who has objected or has nothing to object, of those whose bids count", async () => {
  const parties = [{ on_objections: "none" }, { on_objections: "objected" }, {}, { refused: true, on_objections: "none" }];
  await shown(lotOf({ stage: "objections", parties }), may("close-objections"));
  expect(words()).toContain(say("host.console.answered", { count: 2, total: 3 }));
});
