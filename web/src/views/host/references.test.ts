import "fake-indexeddb/auto";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { useVault } from "@/crypto/client";
import { commitmentOf, readReference } from "@/crypto/bid/reference";
import type { KeyFile, Vault } from "@/crypto/contract";
import { createVault } from "@/crypto/vault";
import { person } from "../../../tests/device";
import { faults, inLot } from "./faults";
import { copyLot, type Form, newForm, newLot, sealedFor, toDraft, toForm, toLotDraft } from "./form";
import { chosen, copyOf, nameOf, type ReferenceKind, seal } from "./references";
import { templateOf } from "./templates";
import { followsDraft } from "./terms";
import type { SealingTerms } from "./types";

const saved = vi.hoisted(() => [] as { name: string; text: string }[]);
vi.mock("@/ui/save", () => ({ saveText: (name: string, text: string) => saved.push({ name, text }) }));

let own: KeyFile;
let vault: Vault;
const about = { number: "闽招〔2026〕/01", lot: "1", lot_title: "一标段" };
const LEGAL = { notice: 0, amendment: 0, window: 60 };

beforeAll(() => {
  own = person("91350100M000100Y43");
});
beforeEach(async () => {
  saved.length = 0;
  vault = createVault();
  useVault(vault);
  await vault.open([own], "");
});
afterEach(() => vault.empty());

const sealedLot = async (kind: ReferenceKind = "base") => {
  const lot = newLot("1");
  const { sealed } = await seal(kind, about, "860000000");
  lot.control = "sealed";
  lot.lot.reference = sealed;
  lot.sealedFor = sealedFor(lot);
  return lot;
};

it("saves what cannot be made again, keeps a copy here, and leaves a commitment alone", async () => {
  const { sealed, copied } = await seal("base", about, "860000000");
  expect(copied).toBe(true);
  expect(JSON.stringify(sealed)).not.toContain("860000000");
  const [file] = saved;
  expect(file?.name).toBe("闽招-2026--01-1.reference.json");
  const read = readReference(file?.text ?? "");
  expect(await commitmentOf(read)).toBe(sealed.commitment);
  expect(await copyOf(sealed.commitment)).toEqual(read);
  expect(await copyOf("00".repeat(32))).toBeUndefined();
});

it("seals the same amount differently each time", async () => {
  const [one, other] = [await seal("base", about, "1"), await seal("base", about, "1")];
  expect(one.sealed.commitment).not.toBe(other.sealed.commitment);
});

it("says that no copy stays where nobody has unlocked a key, and has saved the file all the same", async () => {
  await vault.lock(true);
  const { copied } = await seal("base", about, "1");
  expect(copied).toBe(false);
  expect(saved).toHaveLength(1);
});

it("takes the file of this lot and no other", async () => {
  const { sealed } = await seal("base", about, "860000000");
  const text = saved[0]?.text ?? "";
  expect(await chosen(text, "1", sealed)).toMatchObject({ value: "860000000" });
  expect(await chosen(text, "2", sealed)).toBe("other");
  expect(await chosen(text.replace("860000000", "860000001"), "1", sealed)).toBe("other");
  expect(await chosen(text, "1", { ...sealed, kind: "control-price" })).toBe("other");
  for (const wrong of ["", "{}", `${text}\n`, text.replace("reference/1", "reference/2"), "x".repeat(9000)]) {
    expect(await chosen(wrong, "1", sealed)).toBe("form");
  }
});

it("is called as every system allows", () => {
  expect(nameOf({ number: "A/B:C", lot: "a-1" })).toBe("A-B-C-a-1.reference.json");
});

it("goes into the draft as it is, and a public control price does not stand beside a sealed one", async () => {
  const control = await sealedLot("control-price");
  control.yuan = "9000000";
  const draft = toLotDraft(control);
  expect(draft.control_price).toBeUndefined();
  expect(draft.reference).toEqual(control.lot.reference);
  const base = await sealedLot("base");
  base.yuan = "9000000";
  expect(toLotDraft(base)).toMatchObject({ control_price: "900000000", reference: base.lot.reference });
  expect(toLotDraft({ ...base, control: "public" }).reference).toBeUndefined();
  expect(toLotDraft({ ...base, control: "none" })).not.toHaveProperty("control_price");
});

it("is the same after the draft was saved and read again", async () => {
  const form: Form = { ...newForm(), lots: [await sealedLot()] };
  const draft = toDraft(form);
  expect(toDraft(toForm(draft))).toEqual(draft);
  expect(toForm(draft).lots[0]).toMatchObject({ control: "sealed", sealedFor: sealedFor(form.lots[0] ?? newLot("1")) });
});

it("is asked for, and asked for again where lot or unit have changed", async () => {
  const codes = (lot: ReturnType<typeof newLot>) =>
    inLot(lot, "lots.0", newForm(), LEGAL)
      .filter(({ at }) => at === "lots.0.reference")
      .map(({ code }) => code);
  const lot = await sealedLot();
  expect(codes(lot)).toEqual([]);
  expect(codes({ ...lot, id: "2" })).toEqual(["resealed"]);
  expect(codes({ ...newLot("1"), control: "sealed" })).toEqual(["unsealed"]);
  const { price: _, ...schema } = lot.lot.schema;
  expect(codes({ ...lot, lot: { ...lot.lot, schema } })).toEqual(["reference-price"]);
  expect(codes({ ...lot, control: "none" })).toEqual([]);
  // What is not shown is no fault.
  const typed = { ...newForm(), lots: [{ ...newLot("1"), yuan: "abc", control: "none" as const }] };
  expect(faults(typed, 0, LEGAL).some(({ at }) => at.endsWith("yuan"))).toBe(false);
});

it("is sealed anew for another lot or tender", async () => {
  const lot = await sealedLot();
  const form: Form = { ...newForm(), lots: [lot] };
  for (const copy of [copyLot(form, lot), templateOf(form).lots[0]]) {
    expect(copy?.control).toBe("sealed");
    expect(copy?.lot.reference).toBeUndefined();
    expect(copy?.sealedFor).toBeUndefined();
  }
});

it("is part of what a host compares before it signs the terms", async () => {
  const { lot } = await sealedLot();
  const terms = { ...lot, custodians: [] } as unknown as SealingTerms;
  expect(followsDraft(terms, lot)).toBe(true);
  const other = { ...terms, reference: { kind: "base" as const, commitment: "00".repeat(32) } };
  expect(followsDraft(other, lot)).toBe(false);
  const { reference: _, ...without } = terms;
  expect(followsDraft(without, lot)).toBe(false);
});
