/** A day that the Gregorian calendar has: "2026-11-22". */
import type { FieldKind } from "../kind";

export const date: FieldKind = {
  fresh: "date",
  isNumeric: false,
  isValue: (value) => typeof value === "string" && isDate(value),
  read: (entry) => entry,
  tidied: (_, value) => String(value),
  written: String,
  control: () => "date",
};

export function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!parts) return false;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return year >= 1 && day >= 1 && day <= days;
}
