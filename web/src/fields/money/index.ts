/** Money: fen, digits without leading zeros, within 64 bits. */
import { fenOfYuan, yuanOfFen } from "@/crypto/bid/money";
import { type FieldKind, plain } from "../kind";

const MOST = 9223372036854775807n;

export const money: FieldKind = {
  fresh: "money",
  isNumeric: true,
  places: () => 2,
  isValue: (value) => typeof value === "string" && isMoney(value),
  read: (entry) => fenOf(entry) ?? entry,
  tidied: (entry, value) => (/^\d+$/.test(String(value)) && fenOf(entry) ? yuanOfFen(String(value), true) : entry),
  written: (value) => yuan(value),
  control: () => "number",
};

/** How many digits a unit shifts the point. */
const UNITS: Record<string, number> = { 万: 4, 亿: 8 };

/** Fen of an amount in yuan, or in 万元 or 亿元 where it says so. */
function fenOf(entry: string): string | undefined {
  const text = plain(entry).replace(/^(?:人民币|rmb|cny)/i, "");
  const shift = UNITS[text.at(-1) ?? ""];
  if (shift === undefined) return fenOfYuan(text);
  const parts = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?$/.exec(text.slice(0, -1));
  if (!parts?.[1]) return undefined;
  const places = (parts[2] ?? "").padEnd(shift, "0");
  const rest = places.slice(shift);
  return fenOfYuan(`${parts[1].replaceAll(",", "")}${places.slice(0, shift)}${rest ? `.${rest}` : ""}`);
}

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
