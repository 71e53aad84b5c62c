/**
 * The opening sheet as a person types it, and as it is sealed. Entries are
 * texts, as they stand in the form; values are those of docs/spec/terms.md, 4.
 */
import { fenOfYuan, yuanOfFen } from "@/crypto/bid/money";
import { checkSheet, type Field, type Schema, splitSheet } from "@/crypto/bid/sheet";

export type Entries = Record<string, string>;

interface Entered {
  /** Spelt as it is sealed; a field left empty is left out. */
  values: Record<string, string | number>;
  /** What is wrong with a field, by its id: `missing` or the kind of its type. */
  problems: Record<string, string>;
}

/** The kind of a field: "money", "decimal", ... */
export function kindOf(field: Field): "money" | "date" | "decimal" | "rate" | "text" | "choice" | "integer" {
  if (typeof field.type === "string") return field.type;
  return Object.keys(field.type)[0] as "decimal" | "rate" | "text" | "choice" | "integer";
}

/** The numbers of a field's type, for texts and inputs. */
export function limitsOf(field: Field): { scale?: number; max?: number; min?: number; options?: string[] } {
  return typeof field.type === "string" ? {} : (Object.values(field.type)[0] ?? {});
}

/** Full-width digits and signs of Chinese input methods, spaces, signs of currency. */
export function plain(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[\s_¥元圆%]/g, "")
    .replace(/[−﹣]/g, "-")
    .replace(/。/g, ".")
    .replace(/、/g, ",");
}

/** A number in its one spelling: no leading zeros, no trailing point. */
function spelt(text: string): string {
  const number = plain(text).replace(/,/g, "");
  const match = /^(-?)0*(\d+)(?:\.(\d*))?$/.exec(number);
  if (!match) return number;
  const [, sign = "", whole = "0", places = ""] = match;
  const spelling = places ? `${whole}.${places}` : whole;
  return /[1-9]/.test(spelling) ? sign + spelling : spelling;
}

/** The value of one entry; undefined when it is empty. */
export function valueIn(field: Field, entry: string | undefined): string | number | undefined {
  const text = entry?.trim() ?? "";
  if (text === "") return undefined;
  switch (kindOf(field)) {
    case "money":
      return fenOfYuan(plain(text)) ?? text;
    case "decimal":
    case "rate":
      return spelt(text);
    case "integer": {
      const number = spelt(text);
      return /^-?\d{1,16}$/.test(number) ? Number(number) : text;
    }
    case "text":
      return text.normalize("NFC");
    default:
      return text;
  }
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
    problems[id] = wrong === "value" && field ? kindOf(field) : wrong;
  }
  return { values, problems };
}

/** An entry as it is shown when its field is left: money and decimals grouped. */
export function shown(field: Field, entry: string): string {
  const value = valueIn(field, entry);
  if (value === undefined) return "";
  if (kindOf(field) === "money") return /^\d+$/.test(String(value)) && fenOfYuan(plain(entry)) ? yuanOfFen(String(value), true) : entry;
  return kindOf(field) === "text" ? entry.trim() : String(value);
}

/** Whether the price is above the control price. Only money is compared. */
export function aboveControl(schema: Schema, values: Entered["values"], control: string | undefined): boolean {
  const field = schema.fields.find((it) => it.id === schema.price);
  const price = field && values[field.id];
  if (!control || !field || kindOf(field) !== "money" || typeof price !== "string" || !/^\d+$/.test(price)) return false;
  return BigInt(price) > BigInt(control);
}

/** Entries from sealed values, when an older bid is taken up again. */
export function labelOf(field: Field, english: boolean): string {
  return english ? (field.label_en ?? field.label) : field.label;
}
