/** What the page has to know of one type of an opening sheet's field. No page, no texts: the worker uses it too. */
import type { FieldType } from "@/crypto/bid/sheet";

/** The numbers of a type, as docs/spec/terms.md, 4 has them; each type has its own. */
export interface Limits {
  scale?: number;
  min?: number;
  max?: number;
  options?: string[];
}

/** What an entry is typed into. */
export type Control = "line" | "number" | "lines" | "date" | "choice";

export interface FieldKind<L extends Limits = Limits> {
  /** What a host begins with who chooses it. */
  fresh: FieldType;
  /** Numbers stand to the right. */
  isNumeric: boolean;
  /** The decimal places of a type that can be the price. */
  places?(limits: L): number;
  /** Whether a value is one, spelt as it is sealed. */
  isValue(value: unknown, limits: L): boolean;
  /** The value of what was typed, which is not empty. Text that is no value stays as it was typed. */
  read(entry: string): string | number;
  /** The entry as the form shows it after the person has left the field. */
  tidied(entry: string, value: string | number): string;
  /** A value as it is announced. */
  written(value: string | number): string;
  /** What is wrong with a type's numbers: the end of `host.fault`. */
  fault?(limits: L): string | undefined;
  control(limits: L): Control;
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
export function spelt(text: string): string {
  const number = plain(text).replace(/,/g, "");
  const match = /^(-?)0*(\d+)(?:\.(\d*))?$/.exec(number);
  if (!match) return number;
  const [, sign = "", whole = "0", places = ""] = match;
  const spelling = places ? `${whole}.${places}` : whole;
  return /[1-9]/.test(spelling) ? sign + spelling : spelling;
}

export function isWithin(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}
