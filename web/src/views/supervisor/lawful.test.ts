import { describe, expect, it } from "vitest";
import type { LotView, PartyView } from "@/room";
import { stateOf, whyNoRescue, whyNot } from "./lawful";

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

describe("a supervisor's orders", () => {
  it("are possible only after T0 and before the end", () => {
    expect(whyNot("terminate", lot({}), false)).toBe("beforeT0");
    expect(whyNot("terminate", lot({ stage: "closed" }), true)).toBe("ended");
    expect(whyNot("terminate", lot({ stage: "releasing" }), true)).toBeUndefined();
  });

  it("suspend nothing that is suspended or being released", () => {
    expect(whyNot("suspend", lot({}), true)).toBeUndefined();
    expect(whyNot("suspend", lot({ suspended: 1 }), true)).toBe("suspended");
    expect(whyNot("suspend", lot({ stage: "releasing" }), true)).toBe("releasing");
    expect(whyNot("resume", lot({}), true)).toBe("notSuspended");
  });

  it("extend only an open window", () => {
    expect(whyNot("extend", lot({}), true)).toBeUndefined();
    expect(whyNot("extend", lot({ stage: "opened" }), true)).toBe("notUnlocking");
  });

  it("rescue only a bid that failed or whose bidder asked", () => {
    expect(whyNoRescue(lot({}), party({}))).toBe("noReason");
    expect(whyNoRescue(lot({}), party({ attempts: ["key_mismatch"] }))).toBeUndefined();
    expect(whyNoRescue(lot({}), party({ rescue_asked: true }))).toBeUndefined();
    expect(whyNoRescue(lot({}), party({ rescue_asked: true, rescue_ordered: true }))).toBe("ordered");
    expect(whyNoRescue(lot({}), party({ attempts: ["key_mismatch"], unlocked: true }))).toBe("unlocked");
  });
});

it("a bidder that let the window pass is not called waiting", () => {
  expect(stateOf(lot({}), party({}))).toBe("waiting");
  expect(stateOf(lot({ stage: "announced" }), party({}))).toBe("missed");
  expect(stateOf(lot({ stage: "announced" }), party({ unlocked: true }, { outcome: "opened" }))).toBe("opened");
});
