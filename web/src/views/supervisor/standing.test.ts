import { expect, it } from "vitest";
import type { LotView, PartyView } from "@/room";
import { stateOf } from "./standing";

const lot = (change: object): LotView => ({ stage: "unlocking", ...change }) as unknown as LotView;
const party = (course: object, change: object = {}): PartyView =>
  ({
    party: "p",
    name: "甲",
    refused: false,
    signed_in: true,
    course: { attempts: [], unlocked: false, rescue_asked: false, rescue_ordered: false, countersigned: false, ...course },
    ...change,
  }) as unknown as PartyView;

it("a bidder that let the window pass is not called waiting", () => {
  expect(stateOf(lot({}), party({}))).toBe("waiting");
  expect(stateOf(lot({ stage: "announced" }), party({}))).toBe("missed");
  expect(stateOf(lot({ stage: "announced" }), party({ unlocked: true }, { outcome: "opened" }))).toBe("opened");
});
