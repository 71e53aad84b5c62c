import { describe, expect, it } from "vitest";
import { freshOf, queueOf, requestsOf } from "./helps";

function line(event: number, time: number, change: object = {}, seen = time) {
  const help = { event, by: `单位${event}`, text: "打不开", attachments: [], time, ...change };
  return { project: "p", number: "N-1", title: "工程", lot: "1", lot_title: "一标段", seen, help } as never;
}

const call = (handle: string, time: number, project?: object) =>
  ({ call: handle, organisation: "X", name: `单位${handle}`, person: "张三", text: "登录不了", time, project }) as never;

describe("the desk's queue", () => {
  const helps = requestsOf({
    helps: [line(1, 10, { answer: "已答", answered: 40 }), line(2, 20), line(3, 15), line(4, 12, { answer: "已答", answered: 50 })],
  });

  it("lets the longest waiting come first, and the last answered", () => {
    expect(queueOf(helps).waiting.map((it) => it.key)).toEqual(["p/1/3", "p/1/2"]);
    expect(queueOf(helps).answered.map((it) => it.key)).toEqual(["p/1/4", "p/1/1"]);
  });

  it("finds by bidder, project and text", () => {
    expect(queueOf(helps, "单位2").waiting).toHaveLength(1);
    expect(queueOf(helps, "n-1").waiting).toHaveLength(2);
    expect(queueOf(helps, "没有这样的").waiting).toHaveLength(0);
  });

  it("tells a new request from those it has shown", () => {
    const known = new Set(["p/1/2"]);
    expect(freshOf(known, queueOf(helps).waiting).map((it) => it.key)).toEqual(["p/1/3"]);
  });
});

describe("a call to the desk", () => {
  const calls = [call("a", 12, { id: "p", number: "N-1", title: "工程" }), call("b", 30)];

  it("stands in the same queue, and is answered on the platform", () => {
    const all = requestsOf({ helps: [line(1, 20)], calls });
    expect(queueOf(all).waiting.map((it) => it.key)).toEqual(["a", "p/1/1", "b"]);
    expect(queueOf(all, "n-1").waiting.map((it) => it.key)).toEqual(["a", "p/1/1"]);
    const reply = (key: string) => all.find((it) => it.key === key)?.reply("好");
    expect(reply("a")).toEqual({ project: "", act: { act: "answer-call", call: "a", text: "好" } });
    expect(reply("p/1/1")).toEqual({ project: "p", act: { act: "answer-help", lot: "1", help: 1, text: "好" } });
  });

  it("waits since the desk could see it, as do requests of earlier versions from before T0", () => {
    const all = requestsOf({ helps: [line(1, 10, {}, 50)], calls: [call("a", 20)] });
    expect(queueOf(all).waiting.map((it) => [it.key, it.seen])).toEqual([
      ["a", 20],
      ["p/1/1", 50],
    ]);
  });
});
