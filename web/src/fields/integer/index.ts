/** A whole number from `min` to `max`. It is the one type whose values are numbers. */
import { type FieldKind, isWithin, spelt } from "../kind";

export const integer: FieldKind<{ min: number; max: number }> = {
  fresh: { integer: { min: 1, max: 1000 } },
  isNumeric: true,
  isValue: (value, { min, max }) => typeof value === "number" && isWithin(value, min, max),
  read(entry) {
    const number = spelt(entry);
    return /^-?\d{1,16}$/.test(number) ? Number(number) : entry;
  },
  tidied: (_, value) => String(value),
  written: String,
  fault: ({ min, max }) => (Number.isSafeInteger(min) && Number.isSafeInteger(max) && min <= max ? undefined : "integer"),
  control: () => "number",
};
