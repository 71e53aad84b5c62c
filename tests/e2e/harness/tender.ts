/** The tender of the story: two lots, with terms that make an opening short enough to watch. */
import { complete } from "./code";
import type { Town } from "./town";

const named = (town: Town, name: "centre" | "host" | "supervisor") => ({
  name: town.people[name].organisation,
  organisation: town.people[name].code,
});

export interface Terms {
  number: string;
  title: string;
  t0: number;
  /** Seconds of the window. */
  window: number;
}

/** The tenderer takes part through its agency only. */
export const TENDERER = { name: "临江市第二中学", code: complete("12350100MB0000E05") };

export function draft(town: Town, { number, title, t0, window }: Terms) {
  const custodians = [named(town, "host"), named(town, "centre"), named(town, "supervisor")];
  const lot = (title: string, controlPrice: string) => ({
    title,
    control_price: controlPrice,
    schema: SCHEMA,
    custodians,
    release: 2,
    rescue: 3,
    policy: { minimum: 3, fails_after_unlock: false, masked: false, reading: "received", stays: stays(window) },
  });
  return {
    number,
    title,
    notice: "本项目采用远程不见面开标。投标文件在投标人本机密封，平台只接收密文；开标时刻到达后，各投标人使用自己的证书解密。",
    officials: {
      tenderer: { name: TENDERER.name, organisation: TENDERER.code },
      agency: named(town, "host"),
      centre: named(town, "centre"),
      supervisor: named(town, "supervisor"),
    },
    t0,
    lots: { "1": lot("教学楼智能化工程", "860000000"), "2": lot("校园绿化工程", "120000000") },
    outage_moves_t0: false,
  };
}

const SCHEMA = {
  fields: [
    field("price", "投标报价（元）", "Bid price (yuan)", "money", true),
    field("days", "工期（日历天）", "Time for completion (calendar days)", { integer: { min: 1, max: 2000 } }, true),
    field("quality", "质量承诺", "Quality promised", { choice: { options: ["合格", "优良"] } }, true),
    field("manager", "项目经理", "Project manager", { text: { max: 30 } }, true),
    field("rate", "下浮率（%）", "Discount", { rate: { scale: 2 } }, false),
  ],
  price: "price",
  better: "low",
};

function field(id: string, label: string, label_en: string, type: unknown, isPublic: boolean) {
  return { id, label, label_en, type, required: true, public: isPublic };
}

/** Long enough for a slow machine; a real tender's are hours and days. */
function stays(window: number) {
  const long = 1800;
  return {
    ...{ checking: long, starting: long, window, extensions: 3000, rescue: 600, quorum: 300, releasing: 300 },
    ...{ opening: 300, announcing: long, confirming: long, objections: long, signing: long, suspension: long, returning: 120 },
  };
}

/** An opening sheet that fits the schema. */
export const sheet = (fen: number, days: number, manager: string, rate?: string) => ({
  ...{ price: String(fen), days, quality: "合格", manager },
  ...(rate === undefined ? {} : { rate }),
});
