/**
 * What is read out at the announcing (唱标), in Chinese words: a voice that is
 * given digits reads long amounts badly, or by digit.
 */
import { type Kind, kindOf, unitOf } from "@/fields";
import { yuanOfFen } from "@/crypto/bid/money";
import { currencyName, foreignOf } from "@/fields/money/currency";
import type { LotView, PartyView, SheetField } from "./types";

const DIGITS = "零一二三四五六七八九";
const PLACES = ["", "十", "百", "千"];
const GROUPS = ["", "万", "亿", "万亿"];

/** Fen as it is said: "八百六十万元五角". */
export function spokenMoney(fen: string): string {
  if (!/^\d+$/.test(fen)) return fen;
  const digits = fen.padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/^0+(?=\d)/, "");
  const [jiao, cents] = [Number(digits.at(-2)), Number(digits.at(-1))];
  let text = whole === "0" && (jiao || cents) ? "" : `${spokenInteger(whole)}元`;
  if (jiao) text += `${DIGITS[jiao]}角`;
  else if (cents && text) text += "零";
  if (cents) text += `${DIGITS[cents]}分`;
  return jiao || cents ? text : `${text}整`;
}

/** Hundredths of another unit than the yuan as they are said: "八百六十万点五美元". */
function spokenForeign(hundredths: string, code: string): string {
  if (!/^\d+$/.test(hundredths)) return hundredths;
  const amount = yuanOfFen(hundredths)
    .replace(/\.00$/, "")
    .replace(/(\.\d)0$/, "$1");
  return `${spokenDecimal(amount)}${currencyName(code, "zh-CN")}`;
}

/** A whole number as it is said: "一万零二十". */
export function spokenInteger(digits: string): string {
  if (digits.startsWith("-")) return `负${spokenInteger(digits.slice(1))}`;
  const trimmed = digits.replace(/^0+(?=\d)/, "");
  if (trimmed.length > 16) return [...trimmed].map((digit) => DIGITS[Number(digit)]).join("");
  if (trimmed === "0") return "零";
  const groups: string[] = [];
  for (let end = trimmed.length; end > 0; end -= 4) groups.unshift(trimmed.slice(Math.max(0, end - 4), end));
  let text = "";
  let gap = false;
  groups.forEach((group, index) => {
    const value = Number(group);
    if (value === 0) {
      gap = text !== "";
      return;
    }
    if (text && (gap || value < 1000)) text += "零";
    text += spokenGroup(value) + GROUPS[groups.length - 1 - index];
    gap = false;
  });
  return text.startsWith("一十") ? text.slice(1) : text;
}

function spokenGroup(value: number): string {
  let text = "";
  let gap = false;
  for (let place = 3; place >= 0; place -= 1) {
    const digit = Math.floor(value / 10 ** place) % 10;
    if (digit === 0) {
      gap = text !== "";
      continue;
    }
    if (gap) text += "零";
    text += `${DIGITS[digit]}${PLACES[place]}`;
    gap = false;
  }
  return text;
}

/** A decimal as it is said: "负三点二五". */
export function spokenDecimal(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return text;
  const [, minus, whole, places] = match;
  const said = spokenInteger(whole ?? "0") + (places ? `点${[...places].map((digit) => DIGITS[Number(digit)]).join("")}` : "");
  return minus ? `负${said}` : said;
}

function spokenDate(text: string): string {
  const [year, month, day] = text.split("-");
  if (!year || !month || !day) return text;
  const digits = [...year].map((digit) => (digit === "0" ? "零" : DIGITS[Number(digit)])).join("");
  return `${digits}年${spokenInteger(month)}月${spokenInteger(day)}日`;
}

const VOICES: Record<Kind, (value: string) => string> = {
  money: spokenMoney,
  date: spokenDate,
  decimal: spokenDecimal,
  rate: (value) => `百分之${spokenDecimal(value)}`,
  integer: spokenInteger,
  text: String,
  choice: String,
};

/** One field's value as it is said. */
export function spokenValue(field: SheetField, value: string | number | undefined): string {
  if (value === undefined || value === "") return "未填写";
  const foreign = field.type === "money" ? foreignOf(field) : undefined;
  if (foreign) return spokenForeign(String(value), foreign);
  return withUnit(field, VOICES[kindOf(field.type)]?.(String(value)) ?? String(value));
}

/** What is read out of one bidder. */
export function scriptOf(lot: LotView, party: PartyView, order: number): string {
  const fields = lot.schema.fields.filter((field) => field.public);
  const lines = fields
    .filter((field) => field.required || party.sheet?.[field.id] !== undefined)
    .map((field) => `${spokenLabel(field.label)}，${spokenValue(field, party.sheet?.[field.id])}`);
  return `第${spokenInteger(String(order))}家，${party.name}。${lines.join("。")}。`;
}

/** A label without what stands in brackets: a unit is said behind its number. */
function spokenLabel(label: string): string {
  return label.replace(/[(\uff08][^)\uff09]*[)\uff09]/g, "");
}

/** A number with the unit that its label names: "一百八十日历天". Money and rates say their own. */
function withUnit(field: SheetField, said: string): string {
  const kind = kindOf(field.type);
  const unit = unitOf(field.label);
  if (!unit || (kind !== "integer" && kind !== "decimal")) return said;
  if (/^[%\uff05]$/.test(unit)) return `百分之${said}`;
  return `${said}${unit.replaceAll("/", "每")}`;
}
