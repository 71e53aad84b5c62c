/**
 * The opening sheet 开标一览表 against its lot's schema (docs/spec/terms.md, 4;
 * the same rules as server/core/src/sheet.rs): every field that is wrong is
 * named at once, so that a bidder mends them in one go.
 */

export type FieldType =
  | "money"
  | "date"
  | { decimal: { scale: number } }
  | { rate: { scale: number } }
  | { text: { max: number } }
  | { choice: { options: string[] } }
  | { integer: { min: number; max: number } };

export interface Field {
  id: string;
  label: string;
  label_en?: string;
  type: FieldType;
  required: boolean;
  public: boolean;
}

export interface Schema {
  fields: Field[];
  price?: string;
  better: "low" | "high";
}

type Sheet = Record<string, unknown>;

/** `open`: announced (segment 0); `kept`: in the manifest. */
interface SheetParts {
  open: Sheet;
  kept: Sheet;
}

interface FieldProblem {
  field: string;
  /** Text: `crypto.sheet.<wrong>`; for "value" `crypto.sheet.value.<kind>`, by `typeKey`. */
  wrong: "missing" | "unknown" | "misplaced" | "value";
  /** The field's type, for "value". */
  type?: FieldType;
}

/** The longest decimal, sign and point included. */
const MAX_DECIMAL = 24;
const MAX_MONEY = 9223372036854775807n;

/** Splits a sheet into public fields and the others; unknown ones go to the public ones, where they are named. */
export function splitSheet(schema: Schema, sheet: Sheet): SheetParts {
  const parts: SheetParts = { open: {}, kept: {} };
  for (const [id, value] of Object.entries(sheet)) {
    if (value === undefined) continue;
    const field = schema.fields.find((field) => field.id === id);
    (field && !field.public ? parts.kept : parts.open)[id] = value;
  }
  return parts;
}

/** Every field that is wrong; empty when none is. */
export function checkSheet(schema: Schema, parts: SheetParts): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const field of schema.fields) {
    const [here, there] = field.public ? [parts.open, parts.kept] : [parts.kept, parts.open];
    const wrong = Object.hasOwn(there, field.id) ? "misplaced" : judge(field, Object.hasOwn(here, field.id) ? here[field.id] : undefined);
    if (wrong) problems.push(wrong === "value" ? { field: field.id, wrong, type: field.type } : { field: field.id, wrong });
  }
  for (const id of [...Object.keys(parts.open), ...Object.keys(parts.kept)])
    if (!schema.fields.some((field) => field.id === id)) problems.push({ field: id, wrong: "unknown" });
  return problems;
}

/** What one field's value is wrong by, or nothing. */
export function judge(field: Field, value: unknown): "missing" | "value" | undefined {
  if (value === undefined || value === null) return field.required ? "missing" : undefined;
  if (value === "" && field.required) return "missing";
  return isValue(field.type, value) ? undefined : "value";
}

/** The key of a field type and its numbers, for texts. */
export function typeKey(type: FieldType): { key: string; params: Record<string, string | number> } {
  if (typeof type === "string") return { key: type, params: {} };
  if ("choice" in type) return { key: "choice", params: { options: type.choice.options.join("、") } };
  const [key, params] = Object.entries(type)[0]! as [string, Record<string, number>];
  return { key, params };
}

function isValue(type: FieldType, value: unknown): boolean {
  if (typeof type === "object" && "integer" in type)
    return Number.isSafeInteger(value) && (value as number) >= type.integer.min && (value as number) <= type.integer.max;
  if (typeof value !== "string") return false;
  if (type === "money") return isMoney(value);
  if (type === "date") return isDate(value);
  if ("decimal" in type) return isDecimal(value, type.decimal.scale);
  if ("rate" in type) return isDecimal(value, type.rate.scale);
  if ("text" in type) return [...value].length <= type.text.max && !/\p{Cc}/u.test(value);
  return type.choice.options.includes(value);
}

/** Fen: digits without leading zeros, within 64 bits. */
export function isMoney(text: string): boolean {
  return /^(0|[1-9]\d*)$/.test(text) && text.length <= 19 && BigInt(text) <= MAX_MONEY;
}

export function isDecimal(text: string, scale: number): boolean {
  const parts = /^(-?)(?:0|[1-9]\d*)(?:\.(\d+))?$/.exec(text);
  if (!parts || text.length > MAX_DECIMAL) return false;
  return (parts[2] ?? "").length <= scale && (parts[1] === "" || /[1-9]/.test(text));
}

/** A day that the Gregorian calendar has. */
export function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!parts) return false;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return year >= 1 && day >= 1 && day <= days;
}
