/** How times and money are written. Money is a string of fen from end to end, never a number. */
export { yuan } from "@/fields/money";
export { dateTime, day, weekday } from "./dates";
import { fieldKind } from "@/fields";
import { currencyName, foreignOf, namedUnit } from "@/fields/money/currency";
import { type Language, language } from "@/i18n";
import type { Schemas } from "@/api";

export interface Span {
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
}

/** A time that remains, in whole seconds rounded up: 0 only when it is over. */
export function span(ms: number): Span {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return {
    days: Math.floor(seconds / 86_400),
    hours: Math.floor(seconds / 3_600) % 24,
    minutes: Math.floor(seconds / 60) % 60,
    seconds: seconds % 60,
  };
}

/** "2 天 03:04:05", "03:04:05", "04:05". */
export function remaining(ms: number, speak: Language = language()): string {
  const { days, hours, minutes, seconds } = span(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = days || hours ? `${two(hours)}:${two(minutes)}:${two(seconds)}` : `${two(minutes)}:${two(seconds)}`;
  if (!days) return clock;
  return speak === "en" ? `${days} d ${clock}` : `${days} 天 ${clock}`;
}

/** A length in words: "1 小时 30 分", "45 秒". */
export function duration(seconds: number, speak: Language = language()): string {
  const words = speak === "en" ? [" d", " h", " min", " s"] : [" 天", " 小时", " 分钟", " 秒"];
  const at = span(seconds * 1000);
  const values = [at.days, at.hours, at.minutes, at.seconds];
  const told = values.map((value, index) => (value ? `${value}${words[index]}` : "")).filter(Boolean);
  return told.join(" ") || `0${words[3]}`;
}

/** How far a price is from the control price, in per cent with two places: "-3.25". */
export function againstControl(fen: string, control: string): string | undefined {
  if (!/^\d+$/.test(fen) || !/^[1-9]\d*$/.test(control)) return undefined;
  const [price, limit] = [BigInt(fen), BigInt(control)];
  const difference = price - limit;
  const positive = difference < 0n ? -difference : difference;
  const scaled = (positive * 10_000n * 2n + limit) / (limit * 2n);
  const text = `${scaled / 100n}.${String(scaled % 100n).padStart(2, "0")}`;
  return difference < 0n && scaled > 0n ? `-${text}` : text;
}

/** What a field of an opening sheet is called. */
export function label(field: Schemas["SheetField"], speak: Language = language()): string {
  return speak === "en" ? (field.label_en ?? field.label) : field.label;
}

/** What heads a field's values: what it is called, with the unit that they are written in unless it is named there. */
export function heading(field: Schemas["SheetField"], speak: Language = language()): string {
  const called = label(field, speak);
  if (field.type !== "money" || isInYuan(called)) return called;
  const foreign = foreignOf(field);
  if (foreign)
    return foreignOf({ label: called })
      ? called
      : speak === "en"
        ? `${called} (${foreign})`
        : `${called}（${currencyName(foreign, speak)}）`;
  return speak === "en" ? `${called} (yuan)` : `${called}（元）`;
}

/** Whether a label ends with the unit, in brackets or behind a stroke: 报价（人民币元）, Price/CNY. 万元 is another one. */
function isInYuan(called: string): boolean {
  return /(^|[^十百千万亿])(元|yuan|cny|rmb)$/i.test(namedUnit(called));
}

/** A value of an opening sheet as it is read. */
export function value(field: Schemas["SheetField"], told: Schemas["SheetValue"] | undefined): string {
  if (told === undefined) return "—";
  return fieldKind(field.type).written(told);
}

/** Whether a field's values are numbers, which stand to the right. */
export function isNumeric(field: Schemas["SheetField"]): boolean {
  return fieldKind(field.type).isNumeric;
}

/** The beginning of a digest, enough to tell two apart. */
export function short(digest: string): string {
  return digest.length > 16 ? `${digest.slice(0, 8)}…${digest.slice(-4)}` : digest;
}
