import { describe, expect, it } from "vitest";
import type { LotView } from "@/room";
import type { Stage } from "@/ui/stages";
import { firstLot } from "./hall";

const lots = (stages: Record<string, Stage>) => Object.fromEntries(Object.entries(stages).map(([id, stage]) => [id, { stage } as LotView]));

describe("the hall", () => {
  it("shows first where something goes on", () => {
    expect(firstLot(lots({ a: "failed_few_bids", b: "unlocking" }))).toBe("b");
    expect(firstLot(lots({ a: "failed_few_bids", b: "closed" }))).toBe("b");
    expect(firstLot(lots({ a: "bidding", b: "bidding" }))).toBe("a");
    expect(firstLot(lots({ a: "terminated" }))).toBe("a");
  });
});
