import { describe, expect, it } from "vitest";
import { freshOf, type HelpLine, keyOf, queueOf } from "./helps";

function line(event: number, time: number, change: object = {}): HelpLine {
  const help = { event, by: `单位${event}`, text: "打不开", attachments: [], time, ...change };
  return { project: "p", number: "N-1", title: "工程", lot: "1", lot_title: "一标段", help } as unknown as HelpLine;
}

describe("the desk's queue", () => {
  const helps = [line(1, 10, { answer: "已答", answered: 40 }), line(2, 20), line(3, 15), line(4, 12, { answer: "已答", answered: 50 })];

  it("lets the longest waiting come first, and the last answered", () => {
    expect(queueOf(helps).waiting.map((it) => it.help.event)).toEqual([3, 2]);
    expect(queueOf(helps).answered.map((it) => it.help.event)).toEqual([4, 1]);
  });

  it("finds by bidder, project and text", () => {
    expect(queueOf(helps, "单位2").waiting).toHaveLength(1);
    expect(queueOf(helps, "n-1").waiting).toHaveLength(2);
    expect(queueOf(helps, "没有这样的").waiting).toHaveLength(0);
  });

  it("tells a new request from those it has shown", () => {
    const known = new Set([keyOf(line(2, 20))]);
    expect(freshOf(known, queueOf(helps).waiting).map((it) => it.help.event)).toEqual([3]);
  });
});
