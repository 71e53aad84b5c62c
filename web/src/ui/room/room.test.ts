import { describe, expect, it } from "vitest";
import type { Schemas } from "@/api";
import type { FeedItem } from "@/room";
import { dialogue, isWaiting } from "./dialogue";
import { concerns, instant, moments, unlockCourse } from "./moments";
import { overControl, prices, written } from "./prices";
import { isUnopened, standing } from "./parties";

let n = 0;
const item = (kind: string, body: Record<string, unknown>, time = 0): FeedItem =>
  ({ n: (n += 1), time, kind, body }) as unknown as FeedItem;

describe("what was said", () => {
  const log = [
    item("said", { by: "招标代理 王", text: "各位好" }),
    item("asked", { lot: "1", seq: 8, party: "a", name: "甲", text: "时间?" }),
    item("objected", { lot: "2", seq: 9, party: "b", name: "乙", text: "报价有误" }),
    item("answered", { lot: "1", seq: 10, question: 8, text: "九点" }),
    item("progress", { lot: "1" }),
    item("replied", { lot: "2", seq: 11, objection: 77, text: "无此异议" }),
  ];

  it("has each answer beneath what it answers", () => {
    const entries = dialogue(log);
    expect(entries.map((it) => it.kind)).toEqual(["said", "question", "objection"]);
    expect(entries[1]?.answers.map((it) => it.text)).toEqual(["九点"]);
    expect(entries.map(isWaiting)).toEqual([false, false, true]);
  });

  it("of one lot holds what was said to everybody, and nothing of other lots", () => {
    expect(dialogue(log, "1").map((it) => it.by)).toEqual(["招标代理 王", "甲"]);
  });
});

describe("the course", () => {
  it("leaves messages and single unlockings out", () => {
    const log = [
      item("deadline_reached", { lots: { "1": {}, "2": {} }, t0: 5 }),
      item("said", { text: "…" }),
      item("progress", { lot: "1", counts: {} }),
      item("lot_failed", { lot: "2", failure: "few_opened", count: 1 }),
      item("statement_signed", {}),
      item("statement_signed", { lot: "1" }),
      item("opened", { lot: "2", outcome: "opened" }),
    ];
    expect(moments(log).map((it) => it.key)).toEqual([
      "deadline_reached",
      "lot_failed_opened",
      "statement_signed",
      "statement_signed_lot",
      "opened_own",
    ]);
    expect(moments(log, "1").map((it) => it.key)).toEqual(["deadline_reached", "statement_signed", "statement_signed_lot"]);
  });

  it("tells what an outage made later, for whom, and that it made nothing later", () => {
    const keys = (body: Record<string, unknown>, lot?: string) => moments([item("outage_noted", body)], lot).map((it) => it.key);
    expect(keys({ ends: {} })).toEqual(["outage_noted"]);
    expect(keys({ ends: {}, t0: 5 }, "1")).toEqual(["outage_moved_t0"]);
    expect(keys({ ends: { "1": 9 } })).toEqual(["outage_moved"]);
    expect(keys({ ends: { "1": 9 } }, "1")).toEqual(["outage_moved"]);
    expect(keys({ ends: { "1": 9 } }, "2")).toEqual(["outage_noted"]);
  });

  it("knows of which lot an item is, however the item names it", () => {
    expect(concerns(item("a", { lots: ["1", "2"] }), "2")).toBe(true);
    expect(concerns(item("a", { lots: ["1"] }), "2")).toBe(false);
    expect(concerns(item("a", { lots: { "1": [] } }), "2")).toBe(false);
    expect(concerns(item("a", {}), "2")).toBe(true);
  });

  it("has an instant of its own for each lot whose window was lengthened", () => {
    expect(instant({ ends: { "1": 10, "2": 20 } }, "2")).toBe(20);
    expect(instant({ ends: 30 })).toBe(30);
    expect(instant({ t0: 5 })).toBe(5);
    expect(instant({})).toBeUndefined();
  });

  it("of unlocking begins with the window, at none, and ends with it", () => {
    const log = [
      item("progress", { lot: "1", counts: { unlocked: 9 } }, 1),
      item("window_started", { lots: ["1"], ends: 99 }, 2),
      item("progress", { lot: "1", counts: { unlocked: 1 } }, 3),
      item("progress", { lot: "2", counts: { unlocked: 5 } }, 4),
      item("accepted_fixed", { lot: "1", count: 1 }, 5),
    ];
    expect(unlockCourse(log, "1")).toEqual([
      { time: 2, unlocked: 0 },
      { time: 3, unlocked: 1 },
      { time: 5, unlocked: 1 },
    ]);
  });
});

function lot(type: Schemas["FieldType"], told: string[], control?: string): Schemas["LotView"] {
  return {
    title: "",
    minimum: 3,
    reading: "received",
    masked: false,
    stage: "announced",
    since: 0,
    control_price: control,
    schema: { better: "low", price: "p", fields: [{ id: "p", label: "报价", type, required: true, public: true }] },
    parties: told.map((it, index) => ({
      party: String(index),
      name: `第${index}家`,
      signed_in: true,
      refused: false,
      sheet: { p: it },
    })),
  } as unknown as Schemas["LotView"];
}

describe("prices", () => {
  it("are exact beyond what a float can hold", () => {
    const made = prices(lot("money", ["900719925474099301", "900719925474099303"], "900719925474099304"));
    expect(made?.mean).toBe(900719925474099302n);
    expect(made && written(made.highest, made.scale)).toBe("9,007,199,254,740,993.03");
    expect(made?.rows[0]?.control).toBe("0.00");
  });

  it("have a lowest, highest, mean, median and deviation", () => {
    const made = prices(lot("money", ["100", "200", "600"], "1000"));
    expect(made).toMatchObject({ lowest: 100n, highest: 600n, mean: 300n, median: 200n, control: 1000n });
    expect(made?.deviation).toBe("72.01");
    expect(made?.rows.map((it) => it.control)).toEqual(["-90.00", "-80.00", "-40.00"]);
  });

  it("are held against a control price that was sealed, once it is revealed, in the price's own unit", () => {
    const sealed = (kind: string, value?: string) =>
      ({
        ...lot({ rate: { scale: 2 } }, ["12.5", "13.01"]),
        reference: { kind, commitment: "", ...(value ? { revealed: { seq: 1, time: 1, value, salt: "" } } : {}) },
      }) as Schemas["LotView"];
    expect(prices(sealed("control-price"))?.control).toBeUndefined();
    const made = prices(sealed("control-price", "13.00"));
    expect(made?.control).toBe(1300n);
    expect(made?.rows.map((it) => it.over)).toEqual([false, true]);
    // A base limits nothing.
    const base = prices(sealed("base", "13.00"));
    expect(base?.base).toBe(1300n);
    expect(base?.control).toBeUndefined();
    expect(base?.rows.some((it) => it.over)).toBe(false);
  });

  it("may be rates, which no control price in fen limits", () => {
    const made = prices(lot({ rate: { scale: 2 } }, ["3.5", "4.25"], "1000"));
    expect(made?.rows.map((it) => it.text)).toEqual(["3.50", "4.25"]);
    expect(made?.control).toBeUndefined();
  });

  it("are none before the sheets are announced", () => {
    expect(prices({ ...lot("money", ["1"]), parties: undefined })).toBeUndefined();
  });
});

describe("a bidder's standing", () => {
  const party = (course?: Partial<Schemas["Course"]>, refused = false) =>
    ({ party: "", name: "", signed_in: false, refused, course }) as Schemas["PartyView"];

  it("is unknown to who may not know it, except that a bid was refused", () => {
    expect(standing(party(), "unlocking")).toBeUndefined();
    expect(standing(party(undefined, true), "unlocking")).toBe("refused");
    expect(standing(party({ unlocked: false, attempts: [] }), "unlocking")).toBe("waiting");
    expect(standing(party({ unlocked: false, attempts: ["key_mismatch"] }), "unlocking")).toBe("failed");
    expect(standing(party({ unlocked: true, attempts: ["key_mismatch"] }), "unlocking")).toBe("unlocked");
  });

  it("no longer waits once the window is over", () => {
    for (const stage of ["releasing", "opened", "announced", "closed", "terminated"] as const) {
      expect(standing(party({ unlocked: false, attempts: [] }), stage)).toBe("missed");
    }
    expect(standing(party({ unlocked: false, attempts: ["key_mismatch"] }), "opened")).toBe("failed");
    expect(standing(party({ unlocked: true, attempts: [] }), "opened")).toBe("unlocked");
  });
});

describe("a bid", () => {
  const finding = { finding: "forfeited", first: "forfeited", rule: "no_attempt", cites: [], decided: false } as const;
  const party = (more: Partial<Schemas["PartyView"]>): Schemas["PartyView"] => ({
    party: "a",
    name: "a",
    signed_in: true,
    refused: false,
    ...more,
  });

  it("is told as unopened once it is refused, found or failed, and not while it may still open", () => {
    const told = [{ refused: true }, { outcome: "unreadable" }, { finding: { ...finding, cites: [] } }] satisfies Partial<
      Schemas["PartyView"]
    >[];
    expect(told.map((it) => isUnopened(party(it)))).toEqual([true, true, true]);
    const open = [{}, { outcome: "opened" }, { outcome: "opened", sheet: {} }] satisfies Partial<Schemas["PartyView"]>[];
    expect(open.map((it) => isUnopened(party(it)))).toEqual([false, false, false]);
  });

  it("is above the control price only where that is the most that may be asked", () => {
    const over = (it: Schemas["LotView"]) => [...overControl(it)];
    expect(over(lot("money", ["99", "100", "101"], "100"))).toEqual(["2"]);
    expect(over(lot("money", ["101"]))).toEqual([]);
    expect(over(lot({ rate: { scale: 2 } }, ["3.5"], "1"))).toEqual([]);
    const sold = lot("money", ["101"], "100");
    expect(over({ ...sold, schema: { ...sold.schema, better: "high" } })).toEqual([]);
    expect(prices(sold)?.rows[0]?.over).toBe(true);
  });
});
