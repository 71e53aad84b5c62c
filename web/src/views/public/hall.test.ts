import { describe, expect, it } from "vitest";
import type { FeedItem, LotView } from "@/room";
import type { Stage } from "@/ui/stages";
import { firstLot, reached } from "./hall";

const item = (kind: string, body: Record<string, unknown>): FeedItem => ({ n: 0, time: 0, kind, body }) as FeedItem;
const lots = (stages: Record<string, Stage>) => Object.fromEntries(Object.entries(stages).map(([id, stage]) => [id, { stage } as LotView]));

describe("the hall", () => {
  it("knows how far a lot came before it was ended", () => {
    const log = [
      item("deadline_reached", { lots: { "1": {}, "2": {} } }),
      item("window_started", { lots: ["1"] }),
      item("terminated", { lots: ["1", "2"] }),
    ];
    expect(reached(log, "1")).toBe("unlocking");
    expect(reached(log, "2")).toBe("checking");
  });

  it("shows first where something goes on", () => {
    expect(firstLot(lots({ a: "failed_few_bids", b: "unlocking" }))).toBe("b");
    expect(firstLot(lots({ a: "failed_few_bids", b: "closed" }))).toBe("b");
    expect(firstLot(lots({ a: "bidding", b: "bidding" }))).toBe("a");
    expect(firstLot(lots({ a: "terminated" }))).toBe("a");
  });
});
