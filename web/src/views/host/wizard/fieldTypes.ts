/** The kinds of a sheet's fields, and what each begins with when it is chosen. */
import type { FieldType, SheetField, SheetSchema } from "../types";

export const KINDS = ["money", "decimal", "rate", "text", "date", "choice", "integer"] as const;
export type Kind = (typeof KINDS)[number];

export function kindOf(type: FieldType): Kind {
  return typeof type === "string" ? type : (Object.keys(type)[0] as Kind);
}

export function typeOf(kind: Kind): FieldType {
  switch (kind) {
    case "money":
    case "date":
      return kind;
    case "decimal":
      return { decimal: { scale: 2 } };
    case "rate":
      return { rate: { scale: 2 } };
    case "text":
      return { text: { max: 100 } };
    case "choice":
      return { choice: { options: [] } };
    case "integer":
      return { integer: { min: 1, max: 1000 } };
  }
}

export function newField(schema: SheetSchema): SheetField {
  for (let number = schema.fields.length + 1; ; number += 1) {
    const id = `field_${number}`;
    if (!schema.fields.some((field) => field.id === id)) {
      return { id, label: "", type: typeOf("text"), required: true, public: true };
    }
  }
}

/** Moves a field by one place, up or down. */
export function move<T>(list: T[], from: number, by: -1 | 1): boolean {
  const to = from + by;
  const [item] = to >= 0 && to < list.length ? list.splice(from, 1) : [];
  if (item === undefined) return false;
  list.splice(to, 0, item);
  return true;
}
