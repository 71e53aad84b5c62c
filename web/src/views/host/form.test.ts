import { describe, expect, it } from "vitest";
import { completeOrganisationCode as code } from "@/crypto/bid/organisation";
import { faultOf, faults, inSchema, unsavable } from "./faults";
import { copyLot, type Form, formAfter, formLike, newForm, toDraft, toFen, toForm, toYuan, usualCustodians } from "./form";
import { fromLocal, toLocal } from "./moment";
import { SHEETS, sheetOf, USUAL_LEGAL } from "./presets";
import type { Named, View } from "./types";

const NOW = Date.UTC(2026, 10, 1, 1);
const named = (name: string, seventeen: string): Named => ({ name, organisation: code(seventeen) });

function whole(): Form {
  const form = newForm();
  Object.assign(form, {
    number: "HK-2026-0007",
    title: "河口小学运动场改造",
    t0: toLocal(NOW + 30 * 86_400_000),
    tenderer: named("河口教育局", "11350100MB0000E05"),
    hasAgency: true,
    agency: named("清源咨询", "91350100MA0000C03"),
    centre: named("交易中心", "12350100MB0000A01"),
    supervisor: named("住建局", "11350100MB0000D04"),
  });
  const lot = form.lots[0]!;
  lot.lot.title = "运动场";
  lot.yuan = "8,600,000.5";
  lot.lot.custodians = usualCustodians(form);
  return form;
}

const codes = (form: Form) => faults(form, NOW, USUAL_LEGAL).map(({ at, code }) => `${at}: ${code}`);

describe("amounts", () => {
  it("are fen for the server and yuan for people, without rounding", () => {
    expect(toFen("8,600,000.5")).toBe("860000050");
    expect(toFen("0.01")).toBe("1");
    expect(toFen("1.234")).toBeUndefined();
    expect(toFen("一万")).toBeUndefined();
    expect(toYuan("860000050")).toBe("8600000.50");
    expect(toYuan("5")).toBe("0.05");
    expect(toYuan("100")).toBe("1");
  });
});

describe("a form", () => {
  it("that is whole has no fault, and comes back from the draft as it was", () => {
    const form = whole();
    expect(codes(form)).toEqual([]);
    const draft = toDraft(form);
    expect(draft.lots["1"]?.control_price).toBe("860000050");
    expect(draft.t0).toBe(fromLocal(form.t0));
    expect(toDraft(toForm(draft))).toEqual(draft);
  });

  it("keeps the suite of its draft, and copies it to what is tendered again", () => {
    const draft = { ...toDraft(whole()), suite: "gm" as const };
    expect(toDraft(toForm(draft))).toEqual(draft);
    expect(formLike(draft as unknown as View).suite).toBe("gm");
    expect("suite" in toDraft(whole())).toBe(false);
  });

  it("says what is missing, where", () => {
    const form = whole();
    form.title = " ";
    form.t0 = toLocal(NOW + 86_400_000);
    form.centre.organisation = "12350100MB0000A01";
    form.lots[0]!.yuan = "八百万";
    expect(codes(form)).toEqual(["title: empty", "t0: t0-inside-notice", "officials.centre.code: code-length", "lots.0.yuan: money"]);
  });

  it("lets no one side release alone: tenderer and agency are one", () => {
    const form = whole();
    form.lots[0]!.lot.custodians = [form.tenderer, form.agency, form.centre];
    expect(codes(form)).toContain("lots.0.release: one-side");
  });

  it("wants a majority to release, more to rescue, and every official once", () => {
    const form = whole();
    form.lots[0]!.lot.release = 1;
    form.lots[0]!.lot.rescue = 1;
    form.supervisor = form.centre;
    expect(codes(form)).toEqual(
      expect.arrayContaining([
        "lots.0.release: no-majority",
        "lots.0.rescue: rescue-range",
        "officials.supervisor.code: same-organisation",
      ]),
    );
  });

  it("names no custodian that has no name yet", () => {
    expect(usualCustodians(newForm())).toEqual([]);
    expect(usualCustodians(whole()).map((it) => it.name)).toEqual(["清源咨询", "交易中心", "住建局"]);
  });

  it("can be saved while only its time is too early", () => {
    const form = whole();
    form.t0 = toLocal(NOW + 86_400_000);
    expect(unsavable(faults(form, NOW, USUAL_LEGAL))).toEqual([]);
  });

  it("copies a lot under the next free number and without its title", () => {
    const form = whole();
    form.lots.push(copyLot(form, form.lots[0]!));
    expect(form.lots[1]).toMatchObject({ id: "2", yuan: "8,600,000.5" });
    expect(codes(form)).toEqual(["lots.1.title: empty"]);
  });

  it("is begun again from a former project, which it then names, without its time", () => {
    const draft = toDraft(whole());
    const lots = Object.fromEntries(Object.entries(draft.lots).map(([id, lot]) => [id, { ...lot, stage: "failed_few_bids" }]));
    const id = "01a203ef-952e-77dc-be1f-80ae6398d408";
    const again = formAfter({ ...draft, lots } as unknown as View, id);
    expect(again).toMatchObject({ predecessor: id, t0: "", title: draft.title });
    expect(codes(again)).toEqual(["t0: t0-missing"]);
    expect(toDraft({ ...again, t0: whole().t0 })).toEqual({ ...draft, predecessor: id, number: `${draft.number}-2` });
  });

  it("takes over the failed lots alone, and counts a re-tender's number on", () => {
    const draft = toDraft(whole());
    const lot = draft.lots["1"]!;
    const stages = { "1": "closed", "2": "failed_few_bids", "3": "terminated", "4": "failed_after_unlock", "5": "objections" };
    const lots = Object.fromEntries(Object.entries(stages).map(([id, stage]) => [id, { ...lot, stage }]));
    const former = { ...draft, number: "ZB-2", predecessor: "x", lots } as unknown as View;
    const again = formAfter(former, "y");
    expect(again.lots.map((it) => it.id)).toEqual(["2", "3", "4"]);
    expect([again.number, again.predecessor]).toEqual(["ZB-3", "y"]);
    expect(formAfter({ ...former, predecessor: undefined } as unknown as View, "y").number).toBe("ZB-2-2");
  });

  it("is copied whole, without number, time, files and predecessor", () => {
    const draft = { ...toDraft(whole()), external_id: "X", attachments: [{ name: "a.pdf", digest: "0", size: 1, media_type: "a/b" }] };
    const like = formLike({ ...draft, predecessor: "x" } as unknown as View);
    expect(like).toMatchObject({ number: "", t0: "", predecessor: "", attachments: [], title: draft.title });
    expect(like.external_id).toBeUndefined();
    expect(like.lots.map((it) => it.id)).toEqual(Object.keys(draft.lots));
    expect(codes(like)).toEqual(["number: empty", "t0: t0-missing"]);
  });

  it("carries the notice's files to the draft and back, and leaves the member out where there are none", () => {
    const file = { name: "招标文件.pdf", digest: "00".repeat(32), size: 3, media_type: "application/pdf" };
    const draft = toDraft({ ...whole(), attachments: [file] });
    expect(draft.attachments).toEqual([file]);
    expect(toForm(draft).attachments).toEqual([file]);
    expect("attachments" in toDraft(whole())).toBe(false);
  });

  it("finds the field that a refusal of the server names", () => {
    const form = whole();
    expect(faultOf(form, { field: "notice" })).toEqual({ step: "basics", at: "notice" });
    expect(faultOf(form, { field: "control_price", lot: "1" })).toEqual({ step: "lots", at: "lots.0.yuan" });
    expect(faultOf(form, {})).toBeUndefined();
  });
});

describe("a sheet", () => {
  it("of every preset is one that the server takes", () => {
    for (const preset of SHEETS) expect(inSchema(sheetOf(preset), "s")).toEqual([]);
  });

  it("has a price that is a number, required and public", () => {
    const schema = sheetOf("works");
    schema.price = "manager";
    expect(inSchema(schema, "s").map((it) => it.code)).toEqual(["price-type"]);
    schema.price = "price";
    schema.fields[0]!.public = false;
    expect(inSchema(schema, "s").map((it) => it.code)).toEqual(["price-hidden"]);
  });

  it("has ids of its own, options that differ, and bounds in order", () => {
    const schema = sheetOf("works");
    schema.fields[1]!.id = "price";
    schema.fields[2]!.type = { choice: { options: ["合格", "合格"] } };
    schema.fields[3]!.type = { integer: { min: 2, max: 1 } };
    expect(inSchema(schema, "s").map((it) => it.code)).toEqual(["same-field", "options", "integer"]);
  });
});
