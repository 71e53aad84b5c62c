/**
 * A draft as the wizard edits it: amounts in yuan and times in Beijing time as
 * they are typed, lots in an order. Into the API's draft, and back.
 */
import { fromLocal, toLocal } from "./moment";
import { sheetOf, usualPolicy } from "./presets";
import type { Attachment, Draft, LotDraft, Named, SessionView, View } from "./types";

export interface LotForm {
  id: string;
  lot: LotDraft;
  /** The control price in yuan as typed; "" for none. */
  yuan: string;
  /** How the control price is told; with the notice where nothing is said. */
  control?: "public" | "sealed" | "none";
  /** What the sealed control price or base was sealed for. Its value stands nowhere here. */
  sealedFor?: SealedFor;
}

export interface SealedFor {
  id: string;
  /** The price's type, as JSON. */
  unit: string;
}

export interface Form {
  number: string;
  title: string;
  notice: string;
  /** Files that go with the notice (招标文件). */
  attachments: Attachment[];
  external_id?: string;
  predecessor: string;
  tenderer: Named;
  /** Whether an agency acts for the tenderer. */
  hasAgency: boolean;
  agency: Named;
  centre: Named;
  supervisor: Named;
  /** Beijing time as typed. */
  t0: string;
  outage_moves_t0: boolean;
  /** How long before T0 sign-in opens, in seconds. */
  sign_in: number;
  /** The suite of algorithms, where it is another than `intl`. */
  suite?: Draft["suite"];
  lots: LotForm[];
}

/** What a draft that says nothing means, in seconds. */
const SIGN_IN = 3600;

/** A new form; whoever writes it is its tenderer until something else is said. */
export function newForm(own?: Pick<SessionView, "organisation" | "organisation_name">): Form {
  const nobody = (): Named => ({ name: "", organisation: "" });
  return {
    number: "",
    title: "",
    notice: "",
    attachments: [],
    predecessor: "",
    tenderer: own ? { name: own.organisation_name, organisation: own.organisation } : nobody(),
    hasAgency: false,
    agency: nobody(),
    centre: nobody(),
    supervisor: nobody(),
    t0: "",
    outage_moves_t0: true,
    sign_in: SIGN_IN,
    lots: [newLot("1")],
  };
}

export function newLot(id: string): LotForm {
  const lot: LotDraft = { title: "", schema: sheetOf("works"), custodians: [], release: 2, policy: usualPolicy() };
  return { id, lot, yuan: "" };
}

/** A copy with the next free number. */
export function copyLot(form: Form, from: LotForm): LotForm {
  const { external_id: _, ...lot } = structuredClone(plain(from.lot));
  return unsealed({ ...plain(from), id: freeId(form), lot: { ...lot, title: "" } });
}

/** What a lot's value is sealed for: another number or unit of the price needs another seal. */
export function sealedFor({ id, lot }: Pick<LotForm, "id" | "lot">): SealedFor {
  return { id, unit: JSON.stringify(priceOf(lot)?.type ?? null) };
}

export function priceOf({ schema }: Pick<LotDraft, "schema">) {
  return schema.fields.find((field) => field.id === schema.price);
}

/** A form for another tender or lot: each sealed value has a salt of its own, so it is sealed anew. */
export function unsealed({ sealedFor: _, ...form }: LotForm): LotForm {
  const { reference: __, ...lot } = form.lot;
  return { ...form, lot };
}

export function freeId(form: Form): string {
  for (let number = 1; ; number += 1) {
    if (!form.lots.some((lot) => lot.id === String(number))) return String(number);
  }
}

/** The officials that keep keys when nothing else is said: one of each side, as far as they are named. */
export function usualCustodians(form: Form): Named[] {
  const host = form.hasAgency ? form.agency : form.tenderer;
  return [host, form.centre, form.supervisor].filter((named) => named.organisation).map(plain);
}

export function toDraft(form: Form): Draft {
  const draft: Draft = {
    number: form.number.trim(),
    title: form.title.trim(),
    officials: { tenderer: form.tenderer, centre: form.centre, supervisor: form.supervisor },
    t0: fromLocal(form.t0) ?? 0,
    lots: Object.fromEntries(form.lots.map((lot) => [lot.id, toLotDraft(lot)])),
    outage_moves_t0: form.outage_moves_t0,
  };
  // A form that was kept by an earlier version says nothing of it.
  if (form.sign_in && form.sign_in !== SIGN_IN) draft.sign_in = form.sign_in;
  if (form.hasAgency) draft.officials.agency = form.agency;
  if (form.notice.trim()) draft.notice = form.notice;
  // A form that was kept here before there were any has none.
  if (form.attachments?.length) draft.attachments = form.attachments;
  if (form.external_id) draft.external_id = form.external_id;
  if (form.suite) draft.suite = form.suite;
  if (form.predecessor.trim()) draft.predecessor = form.predecessor.trim();
  return structuredClone(plain(draft));
}

export function toLotDraft({ lot, yuan, control }: LotForm): LotDraft {
  const { control_price: _, reference, ...rest } = structuredClone(plain(lot));
  const sealed = control === "sealed" ? reference : undefined;
  // A base stands beside a control price, public or none.
  const told = control === "sealed" ? sealed?.kind === "base" : control !== "none";
  const fen = told ? toFen(yuan) : undefined;
  return { ...rest, title: lot.title.trim(), ...(fen ? { control_price: fen } : {}), ...(sealed ? { reference: sealed } : {}) };
}

export function toForm(draft: Draft): Form {
  const nobody: Named = { name: "", organisation: "" };
  const { tenderer, agency, centre, supervisor } = structuredClone(plain(draft.officials));
  return {
    number: draft.number,
    title: draft.title,
    notice: draft.notice ?? "",
    attachments: plain(draft.attachments ?? []),
    ...(draft.external_id ? { external_id: draft.external_id } : {}),
    predecessor: draft.predecessor ?? "",
    tenderer,
    hasAgency: agency !== undefined,
    agency: agency ?? nobody,
    centre,
    supervisor,
    t0: draft.t0 ? toLocal(draft.t0) : "",
    outage_moves_t0: draft.outage_moves_t0 ?? true,
    sign_in: draft.sign_in ?? SIGN_IN,
    ...(draft.suite ? { suite: draft.suite } : {}),
    lots: Object.entries(draft.lots).map(([id, lot]) => toLotForm(id, lot)),
  };
}

export function toLotForm(id: string, lot: LotDraft): LotForm {
  const form: LotForm = { id, lot: structuredClone(plain(lot)), yuan: lot.control_price ? toYuan(lot.control_price) : "" };
  return lot.reference ? { ...form, control: "sealed", sealedFor: sealedFor(form) } : form;
}

/** Lots of which nothing more can come, and which may be tendered again (二次招标). */
export function failedLots({ lots }: Pick<View, "lots">): string[] {
  return Object.keys(lots).filter((id) =>
    ["failed_few_bids", "failed_after_unlock", "terminated", "cancelled"].includes(lots[id]?.stage ?? ""),
  );
}

/**
 * A new form that tenders again what failed in a former project, which it names. It takes over the failed lots and what may be the
 * same again, and neither the former's time nor its files, which were handed in there.
 */
export function formAfter(former: View, id: string): Form {
  const again = copied(former, failedLots(former));
  return { ...again, number: nextNumber(former), predecessor: id };
}

/** A new form with all that a project has but its number, its time and its files. */
export function formLike(former: View): Form {
  return { ...copied(former, Object.keys(former.lots)), number: "" };
}

function copied(former: View, chosen: readonly string[]): Form {
  const lots = Object.entries(former.lots)
    .filter(([lot]) => chosen.includes(lot))
    .map(([lot, it]) => [
      lot,
      {
        title: it.title,
        ...(it.control_price ? { control_price: it.control_price } : {}),
        schema: it.schema,
        custodians: it.custodians.map(({ name, organisation }) => ({ name, organisation })),
        release: it.release,
        ...(it.rescue ? { rescue: it.rescue } : {}),
        policy: it.policy,
      },
    ]);
  const { number, title, notice, officials, suite } = former;
  const sign_in = Math.round((former.t0 - former.sign_in_from) / 1000);
  const draft = { number, title, notice, officials, sign_in, t0: 0, lots: Object.fromEntries(lots), ...(suite ? { suite } : {}) };
  const form = toForm(plain(draft) as Draft);
  for (const lot of form.lots) if (former.lots[lot.id]?.reference) lot.control = "sealed";
  return form;
}

/** The former number with one more at its end: -2, or one more than what a re-tender has. */
function nextNumber({ number, predecessor }: View): string {
  const before = predecessor ? /^(.*)-(\d{1,2})$/.exec(number) : null;
  return before ? `${before[1]}-${Number(before[2]) + 1}` : `${number}-2`;
}

/** Fen of an amount in yuan, with or without separators; nothing where it is no amount. */
export function toFen(yuan: string): string | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,2}))?$/.exec(yuan.replace(/[,\uff0c\s]/g, ""));
  if (!match) return undefined;
  return BigInt(match[1] + (match[2] ?? "").padEnd(2, "0")).toString();
}

export function toYuan(fen: string): string {
  const digits = fen.padStart(3, "0");
  const [whole, cents] = [digits.slice(0, -2), digits.slice(-2)];
  return cents === "00" ? whole : `${whole}.${cents}`;
}

/** Without Vue's proxies, which cannot be cloned or stored. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
