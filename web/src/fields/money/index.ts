/** Money: fen, digits without leading zeros, within 64 bits. */
import { fenOfYuan, yuanOfFen } from "@/crypto/bid/money";
import { type FieldKind, plain } from "../kind";

const MOST = 9223372036854775807n;

export const money: FieldKind = {
  fresh: "money",
  isNumeric: true,
  places: () => 2,
  isValue: (value) => typeof value === "string" && isMoney(value),
  read: (entry) => fenOfYuan(plain(entry)) ?? entry,
  tidied: (entry, value) => (/^\d+$/.test(String(value)) && fenOfYuan(plain(entry)) ? yuanOfFen(String(value), true) : entry),
  written: (value) => yuan(value),
  control: () => "number",
};

export function isMoney(text: string): boolean {
  return /^(0|[1-9]\d*)$/.test(text) && text.length <= 19 && BigInt(text) <= MOST;
}

/** Fen as yuan with separators: "8600000000" is "86,000,000.00". */
export function yuan(fen: string | number | bigint): string {
  const digits = String(fen);
  if (!/^-?\d+$/.test(digits)) return digits;
  const minus = digits.startsWith("-");
  const whole = (minus ? digits.slice(1) : digits).padStart(3, "0");
  const grouped = whole.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${minus ? "-" : ""}${grouped}.${whole.slice(-2)}`;
}
