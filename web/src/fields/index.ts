/**
 * The types of an opening sheet's fields. Each is a folder here, which says how
 * its values are typed, checked and written; a new type is a folder and a line
 * below. Its texts are found by its name in src/i18n, and a host's voice
 * (views/host/speech.ts) will not compile without it.
 */
import type { FieldType } from "@/crypto/bid/sheet";
import { choice } from "./choice";
import { date } from "./date";
import { decimal } from "./decimal";
import { integer } from "./integer";
import type { FieldKind, Limits } from "./kind";
import { money } from "./money";
import { rate } from "./rate";
import { text } from "./text";

/** In the order in which a host chooses among them. */
const ALL = { money, decimal, rate, text, date, choice, integer } satisfies Record<string, FieldKind<never>>;

export type Kind = keyof typeof ALL;
export const KINDS = Object.keys(ALL) as Kind[];

/** The name of a type: "money", "decimal", ... */
export function kindOf(type: FieldType): Kind {
  return (typeof type === "string" ? type : Object.keys(type)[0]) as Kind;
}

/** The unit that a label ends with, as in 造价（万元）. */
export function unitOf(label: string): string | undefined {
  return /[（(]([^（）()]+)[)）]\s*$/.exec(label)?.[1]?.trim() || undefined;
}

/** The numbers of a type, for texts and inputs. */
export function limitsOf(type: FieldType): Limits {
  return typeof type === "string" ? {} : (Object.values(type)[0] ?? {});
}

/** What is known of a type. One that this page does not know is shown as text. */
export function fieldKind(type: FieldType): FieldKind {
  return (ALL as Record<Kind, FieldKind>)[kindOf(type)] ?? text;
}

export function typeOf(kind: Kind): FieldType {
  return structuredClone(ALL[kind].fresh);
}
