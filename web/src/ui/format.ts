/**
 * How times and money are written. Times are Beijing time whatever the
 * device says; money is a string of fen from end to end, never a number.
 */
export { yuan } from "@/fields/money";
import { fieldKind } from "@/fields";
import { type Language, language } from "@/i18n";
import type { Schemas } from "@/api";

const ZONE = "Asia/Shanghai";

type Style = "date" | "time" | "minute" | "second" | "clock";

const STYLES: Record<Style, Intl.DateTimeFormatOptions> = {
  date: { year: "numeric", month: "2-digit", day: "2-digit" },
  /** Hours and minutes of a day that is clear from elsewhere. */
  time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  minute: { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  second: {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  },
};

const made = new Map<string, Intl.DateTimeFormat>();

function parts(ms: number, style: Style): Record<string, string> {
  let format = made.get(style);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, ...STYLES[style] });
    made.set(style, format);
  }
  return Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
}

/** "2026-11-22 09:00:00" in Beijing time, or a part of it. */
export function dateTime(ms: number, style: Style = "minute"): string {
  const at = parts(ms, style);
  const date = at["year"] ? `${at["year"]}-${at["month"]}-${at["day"]}` : "";
  const time = at["hour"] ? [at["hour"], at["minute"], at["second"]].filter(Boolean).join(":") : "";
  return [date, time].filter(Boolean).join(" ");
}

/** The day in Beijing on which an instant falls, "2026-11-22". */
export function day(ms: number): string {
  return dateTime(ms, "date");
}

/** The name of that day's weekday. */
export function weekday(ms: number, speak: Language = language()): string {
  return new Intl.DateTimeFormat(speak, { timeZone: ZONE, weekday: "long" }).format(ms);
}

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
  return speak === "en" ? `${called} (yuan)` : `${called}（元）`;
}

/** Whether a label ends with the unit, in brackets or behind a stroke: 报价（人民币元）, Price/CNY. 万元 is another one. */
function isInYuan(called: string): boolean {
  const unit = /[(/:]([^()/:]*)\)?$/.exec(called.normalize("NFKC").trim())?.[1]?.trim() ?? "";
  return /(^|[^十百千万亿])(元|yuan|cny|rmb)$/i.test(unit);
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
