// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { dateTime } from "@/ui/format";
import { all, leaveAll, mounted, say, words } from "../../../tests/mounted";
import MessageLog from "./MessageLog.vue";
import Timeline from "./Timeline.vue";

const T0 = Date.UTC(2026, 10, 23, 2);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const item = (n: number, kind: string, time: number, body: object = {}) => ({ n, kind, time, body });
const log = [
  item(1, "published", T0 - 2 * DAY, { t0: T0 }),
  item(2, "suspended", T0 + MINUTE, { lots: ["2"], text: "网络故障" }),
  item(3, "window_started", T0 + 2 * MINUTE, { lots: ["1", "2"], ends: { "1": T0 + 30 * MINUTE, "2": T0 + 40 * MINUTE } }),
  item(4, "said", T0 + 3 * MINUTE, { lot: "1", text: "请各位解密" }),
  item(5, "objected", T0 + 4 * MINUTE, { lot: "1", name: "甲公司", text: "异议全文" }),
];
const shown = (more: object = {}) => mounted(Timeline, { log, ...more });
const lines = () => all("li").map((it) => words(it));
const kind = (name: string, filled: Record<string, string | number> = {}) => say(`stages.kinds.${name}`, filled);
const clock = (time: number) => dateTime(time, "clock");
afterEach(leaveAll);

describe("what happened", () => {
  it("stands in order, each with its hour, and what is said stands elsewhere", async () => {
    await shown();
    expect(lines()).toHaveLength(4);
    for (const [i, part] of [
      kind("published", { time: dateTime(T0, "minute") }),
      kind("suspended"),
      kind("window_started", { time: clock(T0 + 30 * MINUTE) }),
      kind("objected", { name: "甲公司" }),
    ].entries())
      expect(lines()[i]).toContain(part);
    expect(lines()[3]).toContain(clock(T0 + 4 * MINUTE));
    expect(words()).not.toContain("请各位解密");
    expect(words()).not.toContain("异议全文");
  });

  it("tells a reason where one was given", async () => {
    await shown();
    expect(lines()[1]).toContain("网络故障");
  });

  it("is of one lot where that is asked for, with its own end, and of all where it concerns all", async () => {
    await shown({ lot: "2" });
    expect(lines()).toHaveLength(3);
    expect(lines()[2]).toContain(kind("window_started", { time: clock(T0 + 40 * MINUTE) }));
    leaveAll();
    await shown({ lot: "1" });
    expect(words()).not.toContain("网络故障");
  });

  it("names the lot where lots are told together, and not where it is one", async () => {
    await shown();
    expect(lines()[3]).toContain(`${say("stages.lot", { lot: "1" })} ${kind("objected", { name: "甲公司" })}`);
    leaveAll();
    await shown({ lot: "1" });
    expect(words()).not.toContain(say("stages.lot", { lot: "1" }));
  });

  it("tells the day where it changes, the latest first as well", async () => {
    const days = () => all("li").map((it) => words(it.querySelector(".date") ?? document.createElement("p")));
    await shown();
    expect(days()).toEqual(["2026-11-21", "2026-11-23", "", ""]);
    leaveAll();
    await shown({ newest: true });
    expect(lines()[0]).toContain("甲公司");
    expect(days()).toEqual(["", "", "2026-11-23", "2026-11-21"]);
  });

  it("tells of an outage what it moved, and for which lot", async () => {
    const outage = { from: T0, to: T0 + MINUTE, cause: "stopped", ends: { "1": T0 + 31 * MINUTE } };
    const one = [item(1, "outage_noted", T0 + MINUTE, outage)];
    const filled = { from: clock(T0), to: clock(T0 + MINUTE), cause: say("stages.causes.stopped") };
    await shown({ log: one, lot: "1" });
    expect(lines()[0]).toContain(kind("outage_moved", { ...filled, time: clock(T0 + 31 * MINUTE) }));
  });

  it("shows what it has no words for by its name, and says when there is nothing", async () => {
    await shown({ log: [item(1, "invented_later", T0)] });
    expect(lines()[0]).toContain("invented_later");
    leaveAll();
    await shown({ log: [item(1, "said", T0, { lot: "1", text: "请各位解密" })] });
    expect(words()).toBe(say("stages.timeline.none"));
  });

  it("says nothing while the log has not come", async () => {
    await shown({ log: [] });
    expect(words()).toBe("");
    leaveAll();
    const messages = { project: "p" };
    await mounted(MessageLog, { ...messages, log: [] });
    expect(words()).toBe("");
    leaveAll();
    await mounted(MessageLog, { ...messages, log: [item(1, "published", T0, { t0: T0 })] });
    expect(words()).toBe(say("stages.messages.none"));
  });
});
