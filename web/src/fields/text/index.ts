/** Words of at most `max` characters, on one line. */
import { isLine } from "@/crypto/bid/text";
import { type FieldKind, isWithin } from "../kind";

/** A longer one is typed into several lines. */
const LINE = 80;

export const text: FieldKind<{ max: number }> = {
  fresh: { text: { max: 100 } },
  isNumeric: false,
  isValue: (value, { max }) => typeof value === "string" && [...value].length <= max && isLine(value),
  read: (entry) => entry.normalize("NFC"),
  tidied: (entry) => entry.trim(),
  written: String,
  fault: ({ max }) => (isWithin(max, 1, 2000) ? undefined : "text-max"),
  control: ({ max }) => (max > LINE ? "lines" : "line"),
};
