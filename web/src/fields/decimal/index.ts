/** A decimal of at most `scale` places. */
import { type FieldKind, isWithin, spelt } from "../kind";

/** The longest, sign and point included. */
const LONGEST = 24;

export const decimal: FieldKind<{ scale: number }> = {
  fresh: { decimal: { scale: 2 } },
  isNumeric: true,
  places: ({ scale }) => scale,
  isValue: (value, { scale }) => typeof value === "string" && isDecimal(value, scale),
  read: spelt,
  tidied: (_, value) => String(value),
  written: String,
  fault: ({ scale }) => (isWithin(scale, 0, 8) ? undefined : "scale"),
  control: () => "number",
};

export function isDecimal(text: string, scale: number): boolean {
  const parts = /^(-?)(?:0|[1-9]\d*)(?:\.(\d+))?$/.exec(text);
  if (!parts || text.length > LONGEST) return false;
  return (parts[2] ?? "").length <= scale && (parts[1] === "" || /[1-9]/.test(text));
}
