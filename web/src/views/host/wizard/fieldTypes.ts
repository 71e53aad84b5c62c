/** A sheet's fields, as a host adds and moves them. */
import { typeOf } from "@/fields";
import type { SheetField, SheetSchema } from "../types";

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
