/**
 * What is wrong with a form, field by field, before the server is asked: the
 * checks of server/core/src/compose.rs and schema.rs in the words of a form.
 */
import { fieldKind, limitsOf } from "@/fields";
import { codeFault } from "@/crypto/bid/organisation";
import { hides } from "@/crypto/bid/text";
import { type Form, type LotForm, priceOf, sealedFor, toFen } from "./form";
import { fromLocal } from "./moment";
import type { Legal, Named, SheetSchema } from "./types";

export const STEPS = ["basics", "officials", "lots", "preview"] as const;
export type Step = (typeof STEPS)[number];

export interface Fault {
  step: Step;
  /** Where: "title", "officials.centre.code", "lots.1.schema.0.id". */
  at: string;
  /** The words are in the i18n area `host.fault`. */
  code: string;
  params?: Record<string, string | number>;
}

/** All that is wrong, in the order of the steps. */
export function faults(form: Form, now: number, legal: Legal): Fault[] {
  return [...inBasics(form, now, legal), ...inOfficials(form), ...inLots(form, legal)];
}

/** Why a form can be saved only on this device: without these the server takes no draft. */
export function unsavable(all: Fault[]): Fault[] {
  return all.filter((fault) => !["t0-inside-notice", "no-majority"].includes(fault.code));
}

function inBasics(form: Form, now: number, legal: Legal): Fault[] {
  const found: Fault[] = [];
  const add = (at: string, code: string, params?: Fault["params"]) => found.push(fault("basics", at, code, params));
  for (const [at, text, longest] of [
    ["number", form.number, 100],
    ["title", form.title, 300],
  ] as const) {
    const code = textFault(text, longest);
    if (code) add(at, code, { longest });
  }
  if ([...form.notice].length > 100_000) add("notice", "long", { longest: 100_000 });
  const t0 = fromLocal(form.t0);
  if (t0 === undefined) add("t0", "t0-missing");
  else if (t0 <= now) add("t0", "t0-past");
  else if (t0 - now < legal.notice * 1000) add("t0", "t0-inside-notice");
  if (form.sign_in !== undefined && !(form.sign_in >= 60 && form.sign_in <= 86_400)) add("sign_in", "sign-in-bounds");
  if (form.predecessor && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(form.predecessor.trim())) add("predecessor", "not-a-project");
  return found;
}

function inOfficials(form: Form): Fault[] {
  const found: Fault[] = [];
  const officials: [string, Named][] = [
    ["tenderer", form.tenderer],
    ["centre", form.centre],
    ["supervisor", form.supervisor],
  ];
  if (form.hasAgency) officials.splice(1, 0, ["agency", form.agency]);
  const seen = new Map<string, string>();
  for (const [who, named] of officials) {
    found.push(...inNamed("officials", `officials.${who}`, named));
    const key = named.organisation;
    if (named.organisation && seen.has(key)) found.push(fault("officials", `officials.${who}.code`, "same-organisation"));
    seen.set(key, who);
  }
  return found;
}

function inNamed(step: Step, at: string, named: Named): Fault[] {
  const found: Fault[] = [];
  const name = textFault(named.name, 200);
  if (name) found.push(fault(step, `${at}.name`, name, { longest: 200 }));
  const code = codeFault(named.organisation);
  if (code) found.push(fault(step, `${at}.code`, `code-${code}`));
  return found;
}

function inLots(form: Form, legal: Legal): Fault[] {
  if (form.lots.length === 0) return [fault("lots", "lots", "no-lots")];
  const ids = form.lots.map((lot) => lot.id);
  return form.lots.flatMap((lot, index) => {
    const found = inLot(lot, `lots.${index}`, form, legal);
    if (ids.indexOf(lot.id) !== index) found.unshift(fault("lots", `lots.${index}.id`, "same-lot"));
    return found;
  });
}

/** One lot, in the wizard or in an amendment. */
export function inLot(form: LotForm, at: string, officials: Pick<Form, "tenderer" | "hasAgency" | "agency">, legal: Legal): Fault[] {
  const found: Fault[] = [];
  const add = (where: string, code: string, params?: Fault["params"]) => found.push(fault("lots", `${at}.${where}`, code, params));
  const { lot } = form;
  if (!/^[a-z0-9-]{1,16}$/.test(form.id)) add("id", "lot-id");
  const title = textFault(lot.title, 300);
  if (title) add("title", title, { longest: 300 });
  const isPublic = form.control === "sealed" ? lot.reference?.kind === "base" : form.control !== "none";
  if (isPublic && form.yuan.trim() && toFen(form.yuan) === undefined) add("yuan", "money");
  const unsealed = inReference(form);
  if (unsealed) add("reference", unsealed);
  if (!(Number.isInteger(lot.policy.minimum) && lot.policy.minimum >= 1)) add("minimum", "minimum");
  found.push(...inSchema(lot.schema, `${at}.schema`));
  found.push(...inCustodians(form, at, officials));
  for (const [name, seconds] of Object.entries(lot.policy.stays)) {
    const least = name === "window" ? legal.window : name === "extensions" || name === "rescue" ? 0 : 1;
    if (!Number.isInteger(seconds) || seconds < least)
      add(`stays.${name}`, name === "window" ? "window-short" : "stay", { least: Math.ceil(least / 60) });
    else if (seconds > 366 * 24 * 3600) add(`stays.${name}`, "stay-long");
  }
  return found;
}

/** What is wrong with a control price or base that is to be sealed. */
function inReference(form: LotForm): string | undefined {
  if (form.control !== "sealed") return undefined;
  if (!priceOf(form.lot)) return "reference-price";
  if (!form.lot.reference) return "unsealed";
  const now = sealedFor(form);
  return form.sealedFor && (form.sealedFor.id !== now.id || form.sealedFor.unit !== now.unit) ? "resealed" : undefined;
}

function inCustodians(form: LotForm, at: string, officials: Pick<Form, "tenderer" | "hasAgency" | "agency">): Fault[] {
  const found: Fault[] = [];
  const { custodians, release, rescue } = form.lot;
  const count = custodians.length;
  const add = (where: string, code: string, params?: Fault["params"]) => found.push(fault("lots", `${at}.${where}`, code, params));
  if (count === 0) return [fault("lots", `${at}.custodians`, "no-custodians")];
  custodians.forEach((named, index) => {
    found.push(...inNamed("lots", `${at}.custodians.${index}`, named));
    if (custodians.findIndex((other) => other.organisation === named.organisation) !== index)
      add(`custodians.${index}.code`, "same-custodian");
  });
  if (count > 20) add("custodians", "many-custodians");
  if (!(release >= 1 && release <= count)) add("release", "release-range", { count });
  else if (2 * release <= count) add("release", "no-majority", { least: Math.floor(count / 2) + 1 });
  if (rescue !== undefined && !(rescue > release && rescue <= count)) add("rescue", "rescue-range", { release, count });
  const side = (named: Named) =>
    officials.hasAgency && named.organisation === officials.agency.organisation ? officials.tenderer.organisation : named.organisation;
  const sides = custodians.map(side);
  const largest = Math.max(...sides.map((one) => sides.filter((other) => other === one).length));
  if (largest >= release) add("release", "one-side", { largest });
  return found;
}

/** The checks of a sheet's schema. */
export function inSchema(schema: SheetSchema, at: string): Fault[] {
  const found: Fault[] = [];
  if (schema.fields.length === 0) return [fault("lots", at, "no-fields")];
  if (schema.fields.length > 100) found.push(fault("lots", at, "many-fields"));
  schema.fields.forEach((field, index) => {
    const add = (where: string, code: string, params?: Fault["params"]) =>
      found.push(fault("lots", `${at}.${index}.${where}`, code, params));
    if (!/^[a-z0-9_]{1,32}$/.test(field.id)) add("id", "field-id");
    else if (schema.fields.findIndex((other) => other.id === field.id) !== index) add("id", "same-field");
    const label = textFault(field.label, 60);
    if (label) add("label", label, { longest: 60 });
    if (field.label_en && textFault(field.label_en, 60)) add("label_en", "long", { longest: 60 });
    const type = fieldKind(field.type).fault?.(limitsOf(field.type));
    if (type) add("type", type);
  });
  if (schema.price !== undefined) {
    const price = schema.fields.find((field) => field.id === schema.price);
    if (!price || !fieldKind(price.type).places) found.push(fault("lots", `${at}.price`, "price-type"));
    else if (!price.required || !price.public) found.push(fault("lots", `${at}.price`, "price-hidden"));
  }
  return found;
}

function textFault(text: string, longest: number): string | undefined {
  if (text.trim() === "") return "empty";
  if ([...text].length > longest) return "long";
  // Tabs and line feeds are the only controls that show.
  return hides(text) || /[^\P{Cc}\t\n]/u.test(text) ? "characters" : undefined;
}

function fault(step: Step, at: string, code: string, params?: Fault["params"]): Fault {
  return params ? { step, at, code, params } : { step, at, code };
}

/** Where in the form a refusal of the server points, if it says. */
export function faultOf(form: Form, params: Record<string, string> | undefined): { step: Step; at: string } | undefined {
  const field = params?.["field"];
  const lot = params?.["lot"];
  if (!field && !lot) return undefined;
  if (lot === undefined) {
    if (field === "officials") return { step: "officials", at: "officials" };
    if (field === "lots") return { step: "lots", at: "lots" };
    return { step: "basics", at: field ?? "" };
  }
  const index = form.lots.findIndex((it) => it.id === lot);
  const names: Record<string, string> = {
    control_price: "yuan",
    reference: "reference",
    title: "title",
    custodians: "custodians",
    minimum: "minimum",
    stays: "stays.window",
  };
  return { step: "lots", at: `lots.${Math.max(index, 0)}.${names[field ?? ""] ?? "schema"}` };
}
