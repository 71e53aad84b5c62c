import { describe, expect, it } from "vitest";
import { apply, type FeedItem, type LotView, type View } from "./reducer";

const lot = {
  stage: "unlocking",
  counts: { bids: 2, refused: 0, waiting: 2, unlocked: 0, failed: 0, opened: 0 },
  parties: [
    {
      party: "a1",
      name: "甲",
      bid: "b1",
      signed_in: false,
      refused: false,
      course: { unlocked: false, attempts: [], rescue_asked: false, rescue_ordered: false, countersigned: false },
    },
    { party: "a2", name: "乙", bid: "b2", signed_in: false, refused: false },
  ],
} as unknown as LotView;
const view = { feed: 0, lots: { "1": lot } } as unknown as View;
const item = (kind: string, body: object): FeedItem => ({ n: 1, time: 0, kind, body }) as unknown as FeedItem;

describe("a room's view", () => {
  it("counts as the server counts", () => {
    const counts = { bids: 2, refused: 0, waiting: 1, unlocked: 1, failed: 0, opened: 0 };
    const { view: next, stale } = apply(view, item("progress", { lot: "1", counts }));
    expect(next.lots["1"]?.counts).toEqual(counts);
    expect(stale).toBe(false);
    expect(view.lots["1"]?.counts?.waiting).toBe(2);
  });

  it("shows who has unlocked, by handle to officials and by bid to the bidder itself", () => {
    for (const body of [
      { lot: "1", party: "a1" },
      { lot: "1", bid: "b1" },
    ]) {
      const { view: next, stale } = apply(view, item("unlocked", body));
      expect(next.lots["1"]?.parties?.[0]?.course?.unlocked).toBe(true);
      expect(stale).toBe(false);
    }
  });

  it("invents no course for whom it may not be seen", () => {
    const { view: next } = apply(view, item("unlocked", { lot: "1", party: "a2" }));
    expect(next.lots["1"]?.parties?.[1]?.course).toBeUndefined();
  });

  it("is the same however often an item is applied", () => {
    const news = item("signed_in", { lot: "1", party: "a2" });
    const once = apply(view, news).view;
    expect(apply(once, news).view).toEqual(once);
  });

  it("asks for another view where an item does not tell enough", () => {
    for (const [kind, body] of [
      ["announced", { lot: "1" }],
      ["unlocked", { lot: "1", bid: "unheard of" }],
      ["something_new", {}],
    ] as const) {
      const applied = apply(view, item(kind, body));
      expect(applied.stale).toBe(true);
      expect(applied.view).toBe(view);
    }
  });

  it("leaves the view alone for what is only said", () => {
    expect(apply(view, item("said", { text: "请各位投标人解密" }))).toEqual({ view, stale: false });
  });
});
