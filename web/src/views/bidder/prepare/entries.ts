/**
 * The opening sheet as a person types it, and as it is sealed. Entries are
 * texts, as they stand in the form; values are those of docs/spec/terms.md, 4.
 */
import { checkSheet, type Field, type Schema, splitSheet } from "@/crypto/bid/sheet";
import { fieldKind, kindOf, unitOf } from "@/fields";
import { isOver } from "@/ui/room/prices";

export type Entries = Record<string, string>;

interface Entered {
  /** Spelt as it is sealed; a field left empty is left out. */
  values: Record<string, string | number>;
  /** What is wrong with a field, by its id: `missing` or the kind of its type. */
  problems: Record<string, string>;
}

/** The value of one entry; undefined when it is empty. */
export function valueIn(field: Field, entry: string | undefined): string | number | undefined {
  const text = entry?.trim() ?? "";
  if (text === "") return undefined;
  return fieldKind(field.type).read(withoutUnit(field, text));
}

/** The unit that a number's label ends with may be typed behind it. Money has its own. */
function withoutUnit(field: Field, text: string): string {
  const unit = unitOf(field.label);
  if (!unit || field.type === "money" || !fieldKind(field.type).isNumeric || !text.endsWith(unit)) return text;
  return text.slice(0, -unit.length).trim() || text;
}

/** Whether the price is zero. */
export function isFree(schema: Schema, values: Entered["values"]): boolean {
  const price = schema.price === undefined ? undefined : values[schema.price];
  return price !== undefined && /^-?0+(\.0*)?$/.test(String(price));
}

/** All entries, with everything that is wrong named at once. */
export function entered(schema: Schema, entries: Entries): Entered {
  const values: Entered["values"] = {};
  for (const field of schema.fields) {
    const value = valueIn(field, entries[field.id]);
    if (value !== undefined) values[field.id] = value;
  }
  const problems: Entered["problems"] = {};
  for (const { field: id, wrong } of checkSheet(schema, splitSheet(schema, values))) {
    const field = schema.fields.find((it) => it.id === id);
    problems[id] = wrong === "value" && field ? kindOf(field.type) : wrong;
  }
  return { values, problems };
}

/** An entry as it is shown when its field is left. */
export function shown(field: Field, entry: string): string {
  const value = valueIn(field, entry);
  return value === undefined ? "" : fieldKind(field.type).tidied(entry, value);
}

/** Whether the price is above the control price. Only money is compared. */
export function aboveControl(schema: Schema, values: Entered["values"], control: string | undefined): boolean {
  const field = schema.fields.find((it) => it.id === schema.price);
  const price = field && values[field.id];
  if (!control || !field || field.type !== "money" || typeof price !== "string" || !/^\d+$/.test(price)) return false;
  return isOver(schema, BigInt(price), BigInt(control));
}

/** What a field is called. */
export function labelOf(field: Field, english: boolean): string {
  return english ? (field.label_en ?? field.label) : field.label;
}
