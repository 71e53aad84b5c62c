/**
 * The opening sheet 开标一览表 against its lot's schema (docs/spec/terms.md, 4;
 * the same rules as server/core/src/sheet.rs): every field that is wrong is
 * named at once, so that a bidder mends them in one go.
 */
import { fieldKind, kindOf, limitsOf } from "@/fields";

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
  return fieldKind(field.type).isValue(value, limitsOf(field.type)) ? undefined : "value";
}

/** The key of a field type and its numbers, for texts. */
export function typeKey(type: FieldType): { key: string; params: Record<string, string | number> } {
  const { options, ...numbers } = limitsOf(type);
  return { key: kindOf(type), params: options ? { options: options.join("、") } : numbers };
}
