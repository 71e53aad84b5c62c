/** The opening sheet against its lot's schema (docs/spec/terms.md, 4; server/core/src/sheet.rs). */

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

export interface FieldProblem {
  field: string;
  /** Text: `crypto.sheet.<wrong>`; for "value" `crypto.sheet.value.<kind>` with params. */
  wrong: "missing" | "unknown" | "misplaced" | "value";
  /** The field's type, for "value". */
  type?: FieldType;
}

/** Splits a sheet into public fields and the others; unknown ones go to the public ones, where they are named. */
export function splitSheet(schema: Schema, sheet: Record<string, unknown>): { open: Record<string, unknown>; kept: Record<string, unknown> } {
  void [schema, sheet];
  throw new Error("not yet");
}

/** Every field that is wrong; empty when none is. */
export function checkSheet(schema: Schema, parts: { open: Record<string, unknown>; kept: Record<string, unknown> }): FieldProblem[] {
  void [schema, parts];
  throw new Error("not yet");
}

/** The key of a field type and its numbers, for texts. */
export function typeKey(type: FieldType): { key: string; params: Record<string, string | number> } {
  void type;
  throw new Error("not yet");
}
