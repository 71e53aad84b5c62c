import { describe, expect, it } from "vitest";
import { alarmsOf, figuresOf, type Room, type RoomLot, watched } from "./alarms";

const MINUTE = 60_000;
const T0 = 1_000_000_000;

function lot(change: Partial<RoomLot> = {}): RoomLot {
  const plain = {
    title: "一标段",
    stage: "unlocking",
    since: T0,
    due: T0 + 30 * MINUTE,
    minimum: 3,
    release: 2,
    counts: { bids: 10, refused: 0, waiting: 0, unlocked: 10, failed: 0, opened: 0 },
    listed: true,
    window: true,
    accepted: false,
    waits_for_quorum: false,
    objections_open: 0,
    questions_open: 0,
    disputed: 0,
    findings_open: 0,
    rescues_asked: 0,
    record_made: false,
    record_signed: false,
    custodians: [],
  };
  return { ...plain, ...change } as unknown as RoomLot;
}

function room(lots: Record<string, RoomLot>, change: Partial<Room> = {}): Room {
  return {
    id: "p",
    number: "N-1",
    title: "工程",
    t0: T0,
    closed_for_bids: true,
    host: [],
    centre: "",
    supervisor: "",
    lots,
    helps_waiting: 0,
    custodians_seen: [],
    ...change,
  } as unknown as Room;
}

const codes = (it: Room, now: number) => alarmsOf(it, now).map((alarm) => alarm.code);
const custodian = (code: string, name: string, released?: object) => ({
  x: 1,
  name,
  agent: true,
  organisation: code,
  ...(released ? { released } : {}),
});

describe("a room's alarms", () => {
  it("are none where all goes well", () => {
    expect(codes(room({ "1": lot() }), T0 + MINUTE)).toEqual([]);
    expect(codes(room({ "1": lot({ stage: "bidding" }) }, { closed_for_bids: false }), T0 - 60 * MINUTE)).toEqual([]);
  });

  it("tell of a platform that has not opened in time", () => {
    const it = room({ "1": lot({ stage: "bidding" }) }, { closed_for_bids: false });
    expect(codes(it, T0 + 10_000)).toEqual([]);
    expect(codes(it, T0 + MINUTE)).toContain("notOpened");
  });

  it("tell of a host that does not start, and of a lot that rests", () => {
    expect(codes(room({ "1": lot({ stage: "checking", window: false }) }), T0 + 11 * MINUTE)).toEqual(["notStarted"]);
    expect(codes(room({ "1": lot({ stage: "opened", due: T0 + 60 * MINUTE }) }), T0 + 6 * MINUTE)).toEqual(["stuck"]);
    expect(codes(room({ "1": lot({ stage: "opened", due: T0 + MINUTE }) }), T0 + 2 * MINUTE)).toEqual(["overdue"]);
  });

  it("take a window that is over and still open for one that waits for a rescue, for a while", () => {
    expect(codes(room({ "1": lot({ due: T0 + MINUTE }) }), T0 + 3 * MINUTE)).toEqual(["rescue"]);
    expect(codes(room({ "1": lot({ due: T0 + MINUTE }) }), T0 + 30 * MINUTE)).toEqual(["overdue"]);
  });

  it("tell first of a rescue that the supervisor has not ordered, while it can", () => {
    expect(codes(room({ "1": lot({ rescues_asked: 2, due: T0 + 2 * MINUTE, findings_open: 1 }) }), T0 + MINUTE)[0]).toBe("rescueAsked");
  });

  it("do not call a suspended lot late", () => {
    expect(codes(room({ "1": lot({ stage: "checking", suspended: T0 + MINUTE }) }), T0 + 30 * MINUTE)).toEqual(["suspended"]);
  });

  it("tell of many failures, and of one among few", () => {
    const counts = (bids: number, failed: number) => ({ bids, refused: 0, waiting: 0, unlocked: bids - failed, failed, opened: 0 });
    expect(codes(room({ "1": lot({ counts: counts(100, 2) }) }), T0 + MINUTE)).toEqual([]);
    expect(codes(room({ "1": lot({ counts: counts(100, 3) }) }), T0 + MINUTE)).toEqual(["failures"]);
    expect(codes(room({ "1": lot({ counts: counts(4, 1) }) }), T0 + MINUTE)).toEqual(["failures"]);
  });

  it("tell of an agent that is silent, louder where the others are too few", () => {
    const custodians = [custodian("A", "甲"), custodian("B", "乙"), custodian("C", "丙")] as unknown as RoomLot["custodians"];
    const seen = (code: string, program: number) => ({ organisation: code, name: code, program });
    const now = T0 + MINUTE;
    const one = room({ "1": lot({ custodians }) }, { custodians_seen: [seen("A", now), seen("B", now)] } as Partial<Room>);
    expect(alarmsOf(one, now)).toMatchObject([{ code: "agentSilent", level: "warn", params: { names: "丙" } }]);
    const two = room({ "1": lot({ custodians }) }, { custodians_seen: [seen("A", now)] } as Partial<Room>);
    expect(alarmsOf(two, now)).toMatchObject([{ code: "agentSilent", level: "alarm", params: { names: "乙、丙" } }]);
    const before = room({ "1": lot({ custodians, stage: "bidding" }) }, { closed_for_bids: false });
    expect(codes(before, T0 - 31 * MINUTE)).toEqual([]);
    expect(codes(before, T0 - 29 * MINUTE)).toEqual(["agentSilent"]);
  });

  it("tell of a release that does not come, but not once enough have released", () => {
    const some = (n: number) =>
      [0, 1, 2].map((i) => ({
        ...custodian(String(i), String(i), i < n ? { good: 1, wrong: 0 } : { good: 0, wrong: 0 }),
        agent: false,
      })) as unknown as RoomLot["custodians"];
    expect(codes(room({ "1": lot({ stage: "releasing", custodians: some(1) }) }), T0 + 2 * MINUTE)).toEqual(["releaseLate"]);
    expect(codes(room({ "1": lot({ stage: "releasing", custodians: some(2) }) }), T0 + 2 * MINUTE)).toEqual([]);
  });

  it("turn a waiting help request into a late one", () => {
    const asked = room({ "1": lot() }, { helps_waiting: 1, helps_oldest: T0 } as Partial<Room>);
    expect(codes(asked, T0 + MINUTE)).toEqual(["help"]);
    expect(codes(asked, T0 + 4 * MINUTE)).toEqual(["helpLate"]);
  });

  it("end with the lots", () => {
    expect(codes(room({ "1": lot({ stage: "closed", disputed: 1 }) }, { helps_waiting: 2 }), T0 + 99 * MINUTE)).toEqual([]);
  });
});

describe("the board", () => {
  const calm = room({ "1": lot() }, { id: "calm" });
  const over = room({ "1": lot({ stage: "closed" }) }, { id: "over" });
  const later = room({ "1": lot({ stage: "bidding" }) }, { id: "later", closed_for_bids: false, t0: T0 + 200 * MINUTE });
  const bad = room({ "1": lot({ stage: "checking" }) }, { id: "bad" });
  const now = T0 + 12 * MINUTE;

  it("puts trouble first, then what goes on, then what comes, then what is over", () => {
    expect(watched([over, later, calm, bad], now).map((it) => it.room.id)).toEqual(["bad", "calm", "later", "over"]);
  });

  it("counts rooms, not alarms", () => {
    expect(figuresOf(watched([over, later, calm, bad], now))).toEqual({
      running: 2,
      waiting: 1,
      over: 1,
      abnormal: 0,
      overdue: 1,
      helps: 0,
    });
  });
});
