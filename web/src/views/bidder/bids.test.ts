// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reactive } from "vue";
import type { KeptBid, UploadState } from "@/bids";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, fill, leaveAll, mounted, press, say, settled, words } from "../../../tests/mounted";
import BidCard from "./BidCard.vue";
import LotPart from "./LotPart.vue";

const act = vi.fn(async (..._: unknown[]): Promise<unknown> => undefined);
const bids = reactive({
  bids: [] as KeptBid[],
  uploads: {} as Record<string, Partial<UploadState>>,
  submit: (...given: unknown[]) => act("submit", ...given),
  save: (...given: unknown[]) => act("save", ...given),
  remove: (...given: unknown[]) => act("remove", ...given),
  withdraw: (...given: unknown[]) => act("withdraw", ...given),
});
vi.mock("@/bids", () => ({ useBids: () => bids }));
vi.mock("@/session", () => ({ useSession: () => ({ session: { organisation: "own" } }) }));
const NOW = 1_000_000;
vi.mock("@/room/clock", () => ({ now: { value: 1_000_000 }, serverTime: () => 1_000_000 }));

const kept = (more: Partial<KeptBid> = {}): KeptBid => ({
  ...{ bid: "b1", project: "p", lot: "1", bidder: "own", name: "投标.kbid", size: 1_000, documents: 1, sealed: 5 },
  ...{ state: "kept", whole: true, log: [] },
  ...more,
});

beforeEach(() => {
  act.mockReset().mockResolvedValue(undefined);
  bids.bids = [];
  bids.uploads = {};
});
afterEach(() => {
  vi.useRealTimers();
  leaveAll();
});

describe("a sealed bid", () => {
  it("is saved also while it is handed in", async () => {
    await mounted(BidCard, { kept: kept(), replaces: false, closed: false });
    act.mockReturnValueOnce(new Promise(() => undefined));
    await press(say("bidder.submit.go"));
    await press(say("bidder.submit.save"));
    expect(act.mock.calls).toEqual([
      ["submit", "b1"],
      ["save", "b1"],
    ]);
  });

  const card = (of: Partial<KeptBid> = {}, more: object = {}) =>
    mounted(BidCard, { kept: kept(of), replaces: false, closed: false, ...more });
  const go = say("bidder.submit.go");

  it("is handed in at one press", async () => {
    await card();
    await press(go);
    expect(act).toHaveBeenCalledExactlyOnceWith("submit", "b1");
  });

  it("says what was refused, and may be tried again", async () => {
    act.mockRejectedValueOnce(new CryptoFailure("device-full"));
    await card();
    await press(go);
    expect(all("[role=alert]")).toHaveLength(1);
    expect(button(go)?.disabled).toBe(false);
  });

  it.each([
    ["bidding is over", {}, { closed: true }],
    ["only the server's word of it is here", { whole: false }, {}],
    ["it was received", { state: "received" }, {}],
    ["another took its place", { state: "superseded" }, {}],
    ["its terms have changed", { state: "stale" }, {}],
  ] as const)("cannot be handed in where %s", async (_, of, more) => {
    await card(of as Partial<KeptBid>, more);
    expect(button(go)).toBeUndefined();
    expect(button(say("bidder.submit.resume"))).toBeUndefined();
  });

  it("waits for the members that have still to sign", async () => {
    const members = [{ organisation: "m", name: "联合体成员" }];
    const joint = { members, paper: false, consents: [], signed: [] } as unknown as KeptBid["consortium"];
    await card({ consortium: joint });
    expect(button(go)?.disabled).toBe(true);
    leaveAll();
    await card({ consortium: { ...joint!, signed: ["m"] } });
    expect(button(go)?.disabled).toBe(false);
    leaveAll();
    await card({ consortium: { ...joint!, paper: true } });
    expect(button(go)?.disabled).toBe(false);
  });

  it("tells that it takes the place of the one that was handed in", async () => {
    await card({}, { replaces: true });
    expect(words()).toContain(say("bidder.submit.replaces"));
  });

  it("shows how far its upload is, and offers nothing that would disturb it", async () => {
    bids.uploads["b1"] = { phase: "sending", done: 250, total: 1_000, rate: 50, remaining: 15 };
    await card({ state: "uploading" });
    expect(words()).toContain(say("bidder.lot.state.uploading", { n: 25 }));
    for (const key of ["submit.resume", "submit.go", "submit.remove", "prepare.correct"])
      expect(button(say(`bidder.${key}`)), key).toBeUndefined();
  });

  it("says that an upload stopped half way, and goes on with it", async () => {
    await card({ state: "uploading" });
    expect(words()).toContain(say("bidder.lot.state.interrupted"));
    await press(say("bidder.submit.resume"));
    expect(act).toHaveBeenCalledExactlyOnceWith("submit", "b1");
  });

  it("leaves this device only when that was confirmed", async () => {
    vi.useFakeTimers();
    await card();
    await press(say("bidder.submit.remove"));
    expect(act).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(3_000);
    await press(say("common.confirm"));
    expect(act).toHaveBeenCalledExactlyOnceWith("remove", "b1");
  });
});

describe("a bidder's part in a lot", () => {
  const view = (more: object = {}) => ({ sign_in_from: NOW + 1, t0: NOW + 5, lots: { "1": { stage: "bidding" } }, ...more });
  const part = (own: object = {}, more: object = {}, lot: object = {}) =>
    mounted(LotPart, { project: "p", id: "1", lot: { title: "土建", stage: "bidding", own, ...lot }, view: view(more) });
  const next = () => words(all(".button.primary")[0]);
  const state = () => words(all(".badge").at(-1));
  const shown = (which: string, n = 0) => say(`bidder.lot.state.${which}`, { n });
  const to = (which: string) => say(`bidder.lot.next.${which}`);

  it("begins with preparing", async () => {
    await part();
    expect([state(), next()]).toEqual([shown("none"), to("prepare")]);
  });

  it("never lets a sealed bid look like one that was handed in", async () => {
    bids.bids = [kept()];
    await part();
    expect([state(), next()]).toEqual([shown("kept"), to("submit")]);
  });

  it("goes on with an upload that stopped", async () => {
    bids.bids = [kept({ state: "uploading" })];
    await part();
    expect([state(), next()]).toEqual([shown("interrupted"), to("resume")]);
    bids.uploads["b1"] = { done: 500, total: 1_000 };
    await settled();
    expect(state()).toBe(shown("uploading", 50));
  });

  it("says of one that was received that it was, and keeps correcting and withdrawing at hand", async () => {
    bids.bids = [kept({ state: "received", sequence: 1 })];
    await part({ live: "b1", sequence: 2 });
    expect([state(), next()]).toEqual([shown("live"), to("receipt")]);
    expect(button(to("replace"))).toBeDefined();
    expect(button(to("withdraw"))).toBeDefined();
  });

  it("asks for a bid that is newer than the one handed in", async () => {
    bids.bids = [kept({ bid: "b2", sealed: 9 }), kept({ state: "received", sequence: 1 })];
    await part({ live: "b1", sequence: 2 });
    expect(next()).toBe(to("submit"));
    bids.bids = [kept({ bid: "b0", sealed: 1 }), kept({ state: "received", sequence: 1 })];
    await settled();
    expect(next()).toBe(to("receipt"));
  });

  it("says that amended terms have made it void", async () => {
    await part({ stale: true, sequence: 2 });
    expect([state(), next()]).toEqual([shown("stale"), to("reseal")]);
  });

  it("leads into the hall from the moment when representatives sign in", async () => {
    await part({ live: "b1" }, { sign_in_from: NOW });
    expect(next()).toBe(to("hall"));
  });

  it("shows no other organisation's bids of this device", async () => {
    bids.bids = [kept({ bidder: "another" })];
    await part();
    expect(state()).toBe(shown("none"));
  });

  it("withdraws only when the word was typed", async () => {
    await part({ live: "b1" });
    await press(to("withdraw"));
    expect(button(say("bidder.withdraw.label"))?.disabled).toBe(true);
    await fill(say("common.typeToConfirm", { word: say("bidder.withdraw.word") }), say("bidder.withdraw.word"));
    await press(say("bidder.withdraw.label"));
    expect(act).toHaveBeenCalledExactlyOnceWith("withdraw", "p", "1");
  });

  it("offers neither after bidding is over", async () => {
    await part({ live: "b1" }, { closed_for_bids: true }, { stage: "checking" });
    expect(next()).toBe(to("hall"));
    expect(button(to("replace"))).toBeUndefined();
    expect(button(to("withdraw"))).toBeUndefined();
  });
});
