// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import { commitmentOf } from "@/crypto/bid/reference";
import { all, leaveAll, mounted, say, words } from "../../../tests/mounted";
import RecordBody from "./RecordBody.vue";
import type { OpeningRecord } from "./record";

const schema = {
  ...{ better: "low", price: "total" },
  fields: [
    { id: "total", label: "总价", type: "money", required: true, public: true },
    { id: "days", label: "工期", type: { integer: { min: 1, max: 900 } }, required: true, public: true },
    { id: "inner", label: "内部", type: { text: { max: 100 } }, required: false, public: false },
  ],
};
const row = (bid: string, more: object = {}) => ({
  ...{ bid, name: `公司 ${bid}`, received: 1_000, unlocked: 2_000, line: "confirmed", sheet: { total: "100000", days: 90, inner: "秘密" } },
  ...more,
});
const closed = (bid: string, more: object = {}) => ({
  ...{ bid, name: `公司 ${bid}`, status: "first", finding: "forfeited", rule: "no_attempt", cites: [7, 9] },
  ...more,
});
const recordOf = (more: object = {}, lot: object = {}) =>
  ({
    project: { title: "项目", number: "Z-1", tenderer: "招标人", centre: "中心", supervisor: "监督", t0: 0 },
    lot: { id: "1", title: "土建", bids: 3, minimum: 3, reading: "received", schema, state: "signing", ...lot },
    ...{ rows: [], unopened: [], refused: [], attendance: [], objections: [], messages: [], remarks: [], timeline: [], signers: [] },
    ...{ stream: { size: 9, root: "root" }, ...more },
  }) as unknown as OpeningRecord;
const body = (more: object = {}, lot: object = {}, known?: ReadonlyMap<string, string>) =>
  mounted(RecordBody, { record: recordOf(more, lot), ...(known ? { known } : {}) });
/** The cells of a section's table, line by line. */
const lines = (section: string) =>
  all(`[aria-labelledby=record-${section}] tbody tr`).map((line) => [...line.children].map((it) => words(it)));
const facts = () => words(all("dl.facts")[0]);

afterEach(leaveAll);

describe("what was opened", () => {
  it("is read in the record's order, with all that is public and nothing else", async () => {
    const other = { deposit: "guarantee", line: "silent", rescued: true, sheet: { total: "90050", days: 80, inner: "秘密" } };
    await body({ rows: [row("b"), row("a", other)] });
    const seen = lines("rows");
    expect(seen.map((cells) => cells.slice(0, 4))).toEqual([
      ["1", "公司 b", "1,000.00", "90"],
      ["2", "公司 a", "900.50", "80"],
    ]);
    expect(words()).not.toContain("秘密");
    expect([seen[0]![6], seen[1]![6]]).toEqual(["—", say("stages.deposit.guarantee")]);
    expect([seen[0]![7], seen[1]![7]]).toEqual([say("stages.line.confirmed"), say("stages.line.silent")]);
    expect([seen[0]![5]!.includes(say("public.record.rescued")), seen[1]![5]!.includes(say("public.record.rescued"))]).toEqual([
      false,
      true,
    ]);
  });

  it("has beside its line what the bidder disputes and what the host has remarked", async () => {
    const remarks = [
      { seq: 1, exception: "over-control-price", text: "超过限价" },
      { seq: 2, text: "另行说明" },
    ];
    await body({ rows: [row("a", { line: "disputed", dispute: "工期读错", remarks }), row("b")] });
    const [disputed, plain] = lines("rows").map((cells) => cells[7]);
    expect(disputed).toContain(`${say("stages.line.disputed")} 工期读错`);
    expect(disputed).toContain(`${say("stages.exceptions.over-control-price")} 超过限价`);
    expect(disputed).toContain(`${say("stages.notes.remark")} 另行说明`);
    expect(plain).toBe(say("stages.line.confirmed"));
  });

  it("names documents that did not open, members that have not signed, and a name that nobody vouched for", async () => {
    const documents = [{ segment: 3, outcome: "unreadable", lies_with: "platform" }];
    const members = [
      { name: "成员 c", signed: true },
      { name: "成员 d", signed: false },
    ];
    await body({ rows: [row("a", { documents, members, unvouched: true })] });
    const [cells] = lines("rows");
    const what = { n: 2, outcome: say("stages.outcome.unreadable"), who: say("stages.documentFault.platform") };
    expect(cells![7]).toContain(say("stages.document", what));
    expect(cells![1]).toContain(say("stages.table.unvouched", { name: "公司 a" }));
    expect(cells![1]).toContain(`成员 c、${say("stages.table.unsigned", { name: "成员 d" })}`);
  });

  it("is said to be nothing where nothing was", async () => {
    await body({}, { state: "failed_few_bids", ending: undefined });
    expect(words(all("[aria-labelledby=record-rows]")[0])).toContain(say("public.record.empty"));
    expect(facts()).toContain(say("stages.failed_few_bids"));
    expect(facts()).not.toContain(say("public.record.opened"));
  });
});

describe("what was not opened", () => {
  it("has its finding, the rule, how it stands, why, and on which events it rests", async () => {
    const withheld = [{ x: 2, why: { reason: "wrap-does-not-open" } }];
    const overruled = { finding: "returned", rule: "one_complaint", status: "overruled", reason: "平台过失", cites: [4], withheld };
    await body({ unopened: [closed("a"), closed("b", overruled)] });
    const why = say("stages.withheld.wrap-does-not-open");
    expect(lines("unopened")).toEqual([
      ["公司 a a", say("stages.finding.forfeited"), say("stages.rule.no_attempt"), say("stages.findingStatus.first"), "7, 9"],
      [
        "公司 b b",
        say("stages.finding.returned"),
        `${say("stages.rule.one_complaint")}${say("stages.withheldBy", { x: 2, why })}`,
        `${say("stages.findingStatus.overruled")} 平台过失`,
        "4",
      ],
    ]);
  });

  it("is called sealed, and not found to be anything, where the lot ended before", async () => {
    await body({ unopened: [closed("a", { finding: undefined, rule: undefined, cites: [] })] }, { state: "terminated" });
    expect(lines("unopened")).toEqual([["公司 a a", say("public.record.sealed"), "—", "—", "—"]]);
  });

  it("is called by its code, and by its name only for those who know it", async () => {
    const coded = { unopened: [closed("a", { name: "AB12CD34" })] };
    await body(coded, { coded: true });
    expect(words()).toContain(say("public.record.unnamed"));
    expect(lines("unopened")[0]![0]).toBe("AB12CD34 a");
    leaveAll();
    await body(coded, { coded: true }, new Map([["AB12CD34", "甲公司"]]));
    expect(lines("unopened")[0]![0]).toBe("AB12CD34 甲公司 a");
  });

  it("is looked up by its code, whatever is said of its name, and never by a name that looks like a code", async () => {
    const known = new Map([["AB12CD34", "甲公司"]]);
    const rows = { unopened: [closed("a", { name: "AB12CD34", unvouched: true })], attendance: [{ name: "AB12CD34" }] };
    await body(rows, { coded: true }, known);
    expect(lines("unopened")[0]![0]).toBe(`${say("stages.table.unvouched", { name: "AB12CD34" })} 甲公司 a`);
    leaveAll();
    await body(rows, {}, known);
    expect(words()).not.toContain("甲公司");
  });

  it("stands apart from what was refused, which has its reason", async () => {
    await body({
      refused: [
        { seq: 1, at: 0, name: "公司 a", reason: "逾期" },
        { seq: 2, at: 0, reason: "格式不符" },
      ],
    });
    expect(lines("refused").map((cells) => cells.slice(1))).toEqual([
      ["公司 a", "逾期"],
      ["—", "格式不符"],
    ]);
    expect(lines("unopened")).toEqual([]);
  });
});

describe("a sealed reference", () => {
  const salt = "ab".repeat(32);
  const told = { kind: "control-price", lot: "1", salt, value: "12345600" } as const;
  const sealed = async (revealed?: object) => ({
    reference: { kind: "control-price", commitment: await commitmentOf(told), ...(revealed ? { revealed } : {}) },
  });
  const revealed = (value: string) => ({ at: 0, seq: 1, salt, value });
  const holds = say("stages.reference.holds");
  const broken = say("stages.reference.broken");
  const judged = () => vi.waitFor(() => expect(all("dl.facts .badge.green, dl.facts .badge.red")).toHaveLength(1));

  it("is not shown before the opening, and is missed after it", async () => {
    await body({}, await sealed());
    expect(facts()).toContain(say("stages.reference.sealed"));
    leaveAll();
    await body({ rows: [row("a")] }, await sealed());
    expect(facts()).toContain(say("stages.reference.unrevealed"));
    expect([facts().includes(holds), facts().includes(broken)]).toEqual([false, false]);
  });

  it("is shown with its amount when it was revealed, and this browser says that it is what was sealed", async () => {
    await body({ rows: [row("a")] }, await sealed(revealed("12345600")));
    await judged();
    expect(facts()).toContain("¥ 123,456.00");
    expect([facts().includes(holds), facts().includes(broken)]).toEqual([true, false]);
  });

  it("is said to be another where it is, or was another lot's", async () => {
    await body({ rows: [row("a")] }, await sealed(revealed("12345700")));
    await judged();
    expect([facts().includes(holds), facts().includes(broken)]).toEqual([false, true]);
    leaveAll();
    await body({ rows: [row("a")] }, { ...(await sealed(revealed("12345600"))), id: "2" });
    await judged();
    expect([facts().includes(holds), facts().includes(broken)]).toEqual([false, true]);
  });
});
