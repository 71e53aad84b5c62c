import { describe, expect, it } from "vitest";
import { courses } from "./course";
import { lawful, nextAct, roleOf } from "./lawful";
import type { FeedItem, LotView, View } from "./types";

const RECORD = { seq: 9, record: "ab".repeat(32), pdf: null, corrects: null };

function lot(change: Partial<LotView>): LotView {
  return { stage: "checking", listed: false, ...change } as LotView;
}

function view(change: Partial<LotView>): View {
  return { seat: "host", operator: "清源咨询 王五", lots: { "1": lot(change) } } as unknown as View;
}

describe("what the console offers", () => {
  it("is what the server calls lawful, and no more", () => {
    const may = lawful(view({ lawful: { announce: null, close: "wrong-stage" } }), "1");
    expect(may.announce).toBeUndefined();
    expect(may.close?.code).toBe("wrong-stage");
    expect(may["take-over"]?.code).toBe("not-yours");
    expect(lawful(view({}), "2").announce?.code).toBe("not-yours");
  });

  it("names the operator where another person has the seat", () => {
    const may = lawful(view({ lawful: { announce: "not-operator" } }), "1");
    expect(may.announce?.params).toEqual({ operator: "清源咨询 王五" });
  });

  it("is for host and centre", () => {
    expect(roleOf(view({}))).toBe("host");
    expect(roleOf({ ...view({}), seat: "supervisor" })).toBeUndefined();
  });
});

describe("the act that carries a lot on", () => {
  it("is that of its stage, and resuming where it is suspended", () => {
    expect(nextAct(lot({}))).toBe("publish-list");
    expect(nextAct(lot({ listed: true }))).toBe("start-window");
    expect(nextAct(lot({ stage: "unlocking" }))).toBeUndefined();
    expect(nextAct(lot({ stage: "opened", suspended: 5 }))).toBe("resume");
    expect(nextAct(lot({ stage: "signing", records: [{ ...RECORD, signed: null }] }))).toBe("sign-record");
    expect(nextAct(lot({ stage: "signing", records: [{ ...RECORD, signed: 12 }] }))).toBe("close");
  });
});

describe("a lot's course in the feed", () => {
  const item = (n: number, kind: string, body: object): FeedItem => ({ n, time: n, kind, body }) as unknown as FeedItem;

  it("knows who was refused why and who has leave to sign in", () => {
    const log = [item(1, "bid_refused", { lot: "1", party: "aa", text: "未盖章" }), item(2, "sign_in_allowed", { lot: "1", party: "bb" })];
    const course = courses(log).get("1");
    expect(course?.refusals.get("aa")).toBe("未盖章");
    expect(course?.leave.has("bb")).toBe(true);
  });
});
