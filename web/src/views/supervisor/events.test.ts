import { describe, expect, it } from "vitest";
import type { Schemas } from "@/api";
import { bearerOf, EVERYTHING, filtered, groupOf, isTrouble, read, type Told } from "./events";
import { coursesOf, outagesOf, scaleOf } from "./timeline";

function event(seq: number, time: number, what: object, extra: { by?: string; details?: object } = {}): Told {
  const facts = { by: extra.by ?? "platform", what };
  return read({ seq, time, facts, details: extra.details ?? {}, shell: "{}" } as unknown as Schemas["EventView"]);
}

const story = [
  event(1, 0, { kind: "published", lots: [{ lot: "1" }, { lot: "2" }] }, { by: "host" }),
  event(
    2,
    10_000,
    {
      kind: "deadline_reached",
      lots: [
        { lot: "1", bids: [] },
        { lot: "2", bids: [] },
      ],
    },
    { by: "time" },
  ),
  event(3, 11_000, { kind: "lot_failed", lot: "2", failure: "few_bids", count: 2 }),
  event(4, 12_000, { kind: "window_started", lots: ["1"] }, { by: "host" }),
  event(
    5,
    13_000,
    { kind: "suspended", lots: ["1"] },
    { by: "supervisor", details: { signed: { body: '{"act":"suspend","reason":"停电"}' } } },
  ),
  event(6, 15_000, { kind: "resumed", lots: ["1"] }, { by: "supervisor" }),
  event(7, 16_000, { kind: "unlock_failed", lot: "1", party: "aa", bid: "b1", check: "key_mismatch" }, { by: "bidder" }),
  event(8, 20_000, { kind: "accepted_fixed", lot: "1", bids: [] }, { by: "time" }),
  event(9, 21_000, { kind: "terminated", lots: ["1"], cause: "ordered" }, { by: "supervisor" }),
  event(10, 22_000, { kind: "closed", lots: ["1"] }),
];

describe("events", () => {
  it("tell the lots they are about, however their facts name them", () => {
    expect(story[1]?.lots).toEqual(["1", "2"]);
    expect(story[2]?.lots).toEqual(["2"]);
    expect(event(1, 0, { kind: "terms_amended", rules: { lot: "3" } }).lots).toEqual(["3"]);
  });

  it("show what a person gave as reason", () => {
    expect(story[4]?.text).toBe("停电");
    expect(event(1, 0, { kind: "said" }, { details: { signed: { body: "not json" } } }).text).toBe("");
  });

  it("of one act on several bidders show their own bidder's words, and name the one that is signed", () => {
    const signed = { body: '{"act":"refuse-bid","reason":"甲的理由","others":[{"reason":"乙的理由"}]}' };
    const of = (seq: number, details: object) => event(seq, 0, { kind: "bid_refused", lot: "1" }, { by: "host", details });
    const first = of(4, { signed, extra: { extra: "item", note: "甲的理由" } });
    const second = of(5, { extra: { extra: "item", bearer: 4, note: "乙的理由" } });
    expect([first.text, second.text]).toEqual(["甲的理由", "乙的理由"]);
    expect([first, second, story[4]!].map(bearerOf)).toEqual([undefined, 4, undefined]);
  });

  it("are found by group, actor, lot and words, up to the cursor", () => {
    const seqs = (filter: object) => filtered(story, { ...EVERYTHING, ...filter }, () => "甲公司").map((it) => it.seq);
    expect(seqs({ group: "orders" })).toEqual([5, 6, 9]);
    expect(seqs({ by: "bidder" })).toEqual([7]);
    expect(seqs({ lot: "2" })).toEqual([1, 2, 3]);
    expect(seqs({ words: "停电" })).toEqual([5]);
    expect(seqs({ words: "甲公司" })).toEqual([7]);
    expect(seqs({ until: 2 })).toEqual([1, 2]);
    expect(seqs({ troubleOnly: true })).toEqual([3, 5, 7, 9]);
  });

  it("of an unknown kind are still shown", () => {
    expect(groupOf("something_new")).toBe("platform");
  });

  it("call a release wrong where a share did not match", () => {
    expect(isTrouble(event(1, 0, { kind: "released", good: ["b"], wrong: [] }))).toBe(false);
    expect(isTrouble(event(1, 0, { kind: "released", good: [], wrong: ["b"] }))).toBe(true);
  });
});

describe("the timeline", () => {
  it("follows each lot by itself and ends it once", () => {
    const [first, second] = coursesOf(story);
    expect(first?.stages.map((it) => it.stage)).toEqual(["bidding", "checking", "unlocking", "releasing", "terminated"]);
    expect(second?.stages.map((it) => it.stage)).toEqual(["bidding", "checking", "failed_few_bids"]);
    expect(first?.suspensions).toEqual([{ stage: "suspended", from: 13_000, to: 15_000 }]);
  });

  it("knows when the service was away", () => {
    expect(outagesOf([event(1, 9, { kind: "outage_noted", from: 3, to: 8 })])).toEqual([{ stage: "outage", from: 3, to: 8 }]);
  });

  it("shortens silences, keeps the order and can be read backwards", () => {
    const day = 86_400_000;
    const scale = scaleOf([20 * day, 20 * day + 60_000, 20 * day + 120_000], 0, 20 * day + 180_000);
    expect(scale.breaks).toHaveLength(1);
    expect(scale.at(20 * day)).toBeLessThan(0.5);
    expect(scale.at(0)).toBe(0);
    expect(scale.at(20 * day + 180_000)).toBe(1);
    expect(scale.time(scale.at(20 * day + 90_000))).toBeCloseTo(20 * day + 90_000, 0);
  });

  it("has a scale even where nothing happened yet", () => {
    expect(scaleOf([], 5, 5).at(5)).toBe(0);
  });
});
