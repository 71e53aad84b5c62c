import { expect, it } from "vitest";
import type { LotView, View } from "@/room";
import { mostUrgent, pressing, taskOf } from "./task";

const T0 = 10_000_000;
const HOUR = 3_600_000;
const view = { t0: T0, sign_in_from: T0 - HOUR } as View;

function lot(stage: string, own: object | null, party?: object, more: object = {}): LotView {
  return {
    stage,
    ...(own ? { own: { party: "p", sequence: 2, signed_in: false, stale: false, ...own } } : {}),
    parties: party ? [{ party: "x" }, { party: "p", ...party }] : [],
    ...more,
  } as unknown as LotView;
}

it("asks a bidder without a bid to prepare one, and one with stale terms to seal again", () => {
  expect(taskOf(view, lot("bidding", null), 0)).toBe("prepare");
  expect(taskOf(view, lot("bidding", { stale: true }), 0)).toBe("stale");
});

it("offers to sign in from when the project says so, and not before", () => {
  expect(taskOf(view, lot("bidding", { live: "b" }), T0 - HOUR - 1)).toBe("wait-sign-in");
  expect(taskOf(view, lot("bidding", { live: "b" }), T0 - HOUR)).toBe("sign-in");
  expect(taskOf(view, lot("bidding", { live: "b", signed_in: true }), T0 - 1)).toBe("signed-in");
  const early = { ...view, sign_in_from: T0 - 24 * HOUR } as View;
  expect(taskOf(early, lot("bidding", { live: "b" }), T0 - 24 * HOUR)).toBe("sign-in");
});

it("asks to unlock until it is done, and never after a refusal", () => {
  const own = { live: "b" };
  expect(taskOf(view, lot("unlocking", own, { course: { unlocked: false } }), T0)).toBe("unlock");
  expect(taskOf(view, lot("unlocking", own, { course: { unlocked: true } }), T0)).toBe("unlocked");
  expect(taskOf(view, lot("unlocking", own, { refused: true }), T0)).toBe("refused");
  expect(taskOf(view, lot("releasing", own, { course: { unlocked: false } }), T0)).toBe("not-unlocked");
});

it("asks to confirm the own line once, and then not again", () => {
  const own = { live: "b" };
  expect(taskOf(view, lot("announced", own, { outcome: "opened", sheet: {} }), T0)).toBe("confirm");
  expect(taskOf(view, lot("announced", own, { outcome: "opened", sheet: {}, line: { disputed: true } }), T0)).toBe("announced");
  expect(taskOf(view, lot("announced", own, { outcome: "unreadable" }), T0)).toBe("not-opened");
});

it("asks for a countersignature when the host has signed", () => {
  const own = { live: "b" };
  expect(taskOf(view, lot("signing", own, { outcome: "opened" }, { records: [{ record: "r" }] }), T0)).toBe("signing");
  expect(taskOf(view, lot("signing", own, { outcome: "opened" }, { records: [{ record: "r", signed: 9 }] }), T0)).toBe("countersign");
  expect(taskOf(view, lot("signing", own, { course: { countersigned: true } }, { records: [{ record: "r", signed: 9 }] }), T0)).toBe(
    "countersigned",
  );
});

it("names every lot that cannot wait, unlocking first, and none whose clock stands still", () => {
  const lots = {
    1: lot("announced", { live: "a" }, { outcome: "opened", sheet: {} }),
    2: lot("unlocking", { live: "b" }, { course: { unlocked: false } }, { due: 99 }),
    3: lot("unlocking", { live: "c" }, { course: { unlocked: true } }),
    4: lot("unlocking", { live: "d" }, {}, { suspended: 5 }),
  };
  expect(pressing({ t0: T0, lots } as unknown as View, T0)).toEqual([
    { lot: "2", task: "unlock", due: 99 },
    { lot: "1", task: "confirm" },
  ]);
});

it("shows the lot that is most pressing first, and none where the bidder has no part", () => {
  const waiting = lot("checking", { live: "a" }, {});
  const pressing = lot("unlocking", { live: "b" }, { course: { unlocked: false } });
  expect(mostUrgent({ t0: T0, lots: { 1: waiting, 2: pressing, 3: lot("bidding", null) } } as unknown as View, T0)).toBe("2");
  expect(mostUrgent({ t0: T0, lots: { 3: lot("bidding", null) } } as unknown as View, T0)).toBeUndefined();
});
