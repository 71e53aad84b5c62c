/** What a host usually starts from: sheets for works, goods and services, and a policy. */
import type { Policy, SheetField, SheetSchema, Stays } from "./types";

const MINUTE = 60;
const HOUR = 3600;

export const SHEETS = ["works", "goods", "services", "discount"] as const;
export type SheetPreset = (typeof SHEETS)[number];

/** A new copy of a preset sheet; its labels are what bidders read, in both languages. */
export function sheetOf(preset: SheetPreset): SheetSchema {
  const { fields, price, better } = PRESETS[preset];
  return { fields: fields.map((field) => structuredClone(field)), price, better };
}

const field = (id: string, label: string, label_en: string, type: SheetField["type"], required = true): SheetField => ({
  id,
  label,
  label_en,
  type,
  required,
  public: true,
});
const price = field("price", "投标报价", "Bid price", "money");
const remark = field("remark", "备注", "Remark", { text: { max: 200 } }, false);

const PRESETS: Record<SheetPreset, SheetSchema> = {
  works: {
    fields: [
      price,
      field("days", "工期（日历天）", "Time for completion (calendar days)", { integer: { min: 1, max: 3650 } }),
      field("quality", "质量承诺", "Quality promised", { choice: { options: ["合格", "优良"] } }),
      field("manager", "项目经理", "Project manager", { text: { max: 30 } }),
      remark,
    ],
    price: "price",
    better: "low",
  },
  goods: {
    fields: [
      price,
      field("delivery", "交货期（天）", "Delivery (days)", { integer: { min: 1, max: 1000 } }),
      field("place", "交货地点", "Place of delivery", { text: { max: 100 } }),
      field("warranty", "质保期（月）", "Warranty (months)", { integer: { min: 0, max: 240 } }),
      remark,
    ],
    price: "price",
    better: "low",
  },
  services: {
    fields: [
      price,
      field("term", "服务期（月）", "Term of service (months)", { integer: { min: 1, max: 120 } }),
      field("leader", "项目负责人", "Leader of the project", { text: { max: 30 } }),
      remark,
    ],
    price: "price",
    better: "low",
  },
  discount: {
    fields: [
      field("discount", "下浮率", "Discount", { rate: { scale: 2 } }),
      field("term", "服务期（月）", "Term of service (months)", { integer: { min: 1, max: 120 } }),
      remark,
    ],
    price: "discount",
    better: "high",
  },
};

export const PACES = ["usual", "large", "quick"] as const;
export type Pace = (typeof PACES)[number];

/** Longest stays in seconds: the usual opening, one of many bidders, one that is over soon. */
export function staysOf(pace: Pace): Stays {
  const usual: Stays = {
    checking: HOUR,
    starting: 30 * MINUTE,
    window: 30 * MINUTE,
    extensions: 30 * MINUTE,
    rescue: 15 * MINUTE,
    quorum: 10 * MINUTE,
    releasing: 10 * MINUTE,
    opening: 10 * MINUTE,
    announcing: HOUR,
    confirming: 30 * MINUTE,
    objections: HOUR,
    signing: 2 * HOUR,
    suspension: 4 * HOUR,
    returning: 2 * MINUTE,
  };
  if (pace === "large") {
    return { ...usual, checking: 2 * HOUR, window: HOUR, extensions: HOUR, releasing: 30 * MINUTE, opening: 30 * MINUTE, confirming: HOUR };
  }
  if (pace === "quick") {
    return {
      ...usual,
      checking: 15 * MINUTE,
      starting: 10 * MINUTE,
      window: 10 * MINUTE,
      extensions: 10 * MINUTE,
      announcing: 15 * MINUTE,
      confirming: 10 * MINUTE,
      objections: 15 * MINUTE,
      signing: 30 * MINUTE,
      suspension: HOUR,
    };
  }
  return usual;
}

export function usualPolicy(): Policy {
  return { minimum: 3, fails_after_unlock: false, masked: false, reading: "received", stays: staysOf("usual") };
}

/** The law's minima where the platform does not say its own (招标投标法 24, 实施条例 21). */
export const USUAL_LEGAL = { notice: 20 * 24 * HOUR, amendment: 15 * 24 * HOUR, window: 10 * MINUTE };
