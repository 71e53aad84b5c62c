/**
 * The currency of a money field. A sheet's amounts are hundredths of one unit,
 * the yuan unless the field's label names another at its end: 报价（美元）, Price (USD).
 */

import { capitals, yuanOfFen } from "@/crypto/bid/money";

/** By the codes of ISO 4217: what labels call them, the name that is shown first. */
const FOREIGN: Readonly<Record<string, readonly [string, ...string[]]>> = {
  USD: ["美元", "美金", "us$"],
  EUR: ["欧元", "€"],
  HKD: ["港元", "港币", "hk$"],
  JPY: ["日元", "日圆"],
  GBP: ["英镑", "£"],
  AUD: ["澳元", "澳大利亚元"],
  CAD: ["加元", "加拿大元"],
  SGD: ["新加坡元"],
  MOP: ["澳门元", "澳门币"],
  CHF: ["瑞士法郎"],
  KRW: ["韩元"],
  RUB: ["卢布"],
};

interface Labelled {
  label: string;
  label_en?: string | null;
}

/** What a label ends with in brackets or behind a stroke. */
export function namedUnit(label: string): string {
  return /[(/:]([^()/:]*)\)?$/.exec(label.normalize("NFKC").trim())?.[1]?.trim() ?? "";
}

/** The code of a field's currency where it is not the yuan. */
export function foreignOf(field: Labelled | undefined): string | undefined {
  const named = [field?.label, field?.label_en].map((label) => namedUnit(label ?? "").toLowerCase()).filter(Boolean);
  return Object.keys(FOREIGN).find((code) => named.some((it) => it === code.toLowerCase() || FOREIGN[code]?.includes(it)));
}

/** A currency as it is written behind an amount. */
export function currencyName(code: string, speak: "zh-CN" | "en"): string {
  return speak === "en" ? code : (FOREIGN[code]?.[0] ?? code);
}

/** An amount of a sheet, in hundredths, in words beside its figures: in capitals, which are of yuan, or with the name of its own currency. */
export function spelt(fen: string, field: Labelled | undefined, speak: "zh-CN" | "en"): string {
  const foreign = foreignOf(field);
  return foreign ? `${yuanOfFen(fen, true)} ${currencyName(foreign, speak)}` : capitals(fen);
}

/** The code of the currency of a sheet's price, and so of a control price, where it is not the yuan. */
export function foreignPrice(
  schema: { price?: string; fields: readonly (Labelled & { id: string; type: unknown })[] } | undefined,
): string | undefined {
  const price = schema?.fields.find(({ id }) => id === schema.price);
  return price?.type === "money" ? foreignOf(price) : undefined;
}
