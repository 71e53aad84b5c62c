/** Made-up openings of any size, as the server would tell them. */
import type { Schemas } from "../../../web/src/api";

type LotView = Schemas["LotView"];
type PartyView = Schemas["PartyView"];
type SheetField = Schemas["SheetField"];

/** What an opening is made of; all of it fits into an address. */
export interface Made {
  bidders: number;
  /** Fields of the opening sheet that are announced. */
  fields: number;
  /** Characters of the longest name; the shortest has four. */
  longest: number;
  stage: Schemas["Stage"];
  /** How many of the bidders' bids did not open. */
  unopened: number;
  /** Characters of the project's title. */
  title: number;
  /** Characters of the host's last message, and of a bidder's question. */
  message: number;
  question: number;
  /** Lots of the project. */
  lots: number;
}

export const USUAL: Made = {
  ...{ bidders: 24, fields: 5, longest: 60, stage: "announced", unopened: 2, title: 26, message: 0, question: 0, lots: 2 },
};

export const PROJECT = "00000000-0000-4000-8000-000000000001";

const WORDS = "临江东岭福安宏远中建华信恒通天成盛世远大嘉业金石长河瑞丰新宇安泰建设集团工程股份有限责任公司市政园林水利电力智能科技";
const NOW = Date.now();

/** Text of so many characters, another for each seed. */
export function words(length: number, seed: number): string {
  return Array.from({ length }, (_, at) => WORDS[(seed * 7 + at * (1 + (seed % 5))) % WORDS.length]).join("");
}

/** Names of 4 characters up to the longest, spread over all bidders, no two alike. */
export function nameOf(index: number, longest: number): string {
  const number = String(index + 1);
  const length = Math.max(4, Math.min(longest, 4 + ((index * 11) % (longest - 3))));
  return `${words(Math.max(1, length - number.length), index)}${number}`.slice(-length);
}

const field = (id: string, label: string, type: Schemas["FieldType"], value: (index: number) => string | number) => ({
  field: { id, label, type, required: true, public: true } satisfies SheetField,
  value,
});

const FIELDS = [
  field("price", "投标报价（元）", "money", (at) => String(700_000_000 + ((at * 7_919_977) % 250_000_000))),
  field("days", "工期（日历天）", { integer: { min: 1, max: 2000 } }, (at) => 180 + (at % 60)),
  field("manager", "项目经理", { text: { max: 30 } }, (at) => words(2 + (at % 3), at)),
  field("quality", "质量承诺", { choice: { options: ["合格", "优良"] } }, (at) => (at % 3 ? "合格" : "优良")),
  field("rate", "下浮率", { rate: { scale: 2 } }, (at) => `${at % 12}.${String((at * 37) % 100).padStart(2, "0")}`),
  field("start", "计划开工日期", "date", () => "2027-03-01"),
  field("bond", "履约担保金额（元）", "money", (at) => String(50_000_000 + at * 1_003)),
  field("certificate", "项目经理注册证书编号", { text: { max: 40 } }, (at) => `京1112020${String(20_210_000 + at)}`),
  field("warranty", "缺陷责任期（月）", { integer: { min: 1, max: 120 } }, (at) => 12 + (at % 3) * 12),
  field("remarks", "对招标文件实质性要求的响应", { text: { max: 200 } }, (at) => words(10 + ((at * 13) % 50), at)),
];

const ANNOUNCED: readonly Schemas["Stage"][] = ["announced", "objections", "signing", "closed"];

function party(made: Made, index: number): PartyView {
  const told = ANNOUNCED.includes(made.stage);
  // Those that did not open stand among the others.
  const apart = made.unopened > 0 ? Math.floor(made.bidders / made.unopened) : 0;
  const shut = apart > 0 && index % apart === 0 && index / apart < made.unopened;
  const common: PartyView = {
    party: index.toString(16).padStart(32, "0"),
    name: nameOf(index, made.longest),
    bid: index.toString(16).padStart(64, "0"),
    signed_in: index % 7 !== 0,
    refused: false,
    representative: {
      name: words(3, index),
      phone: `1390000${String(1000 + index)}`,
      identity: "居民身份证",
      identity_number: "110101199003070003",
    },
    course: {
      ...{ unlocked: !shut, attempts: shut && index % 2 ? ["key_mismatch"] : [], rescue_asked: false, rescue_ordered: false },
      ...{ rescue_orderable: false, countersigned: index % 3 === 0 && made.stage === "signing" },
      ...(index % 4 ? { deposit: index % 3 ? "paid" : "guarantee" } : {}),
    },
    ...(index % 9 === 4
      ? { members: [{ name: nameOf(index + 1_000, made.longest), organisation: "91350100MA0000000X", signed: true }] }
      : {}),
  };
  if (made.stage === "checking" || made.stage === "unlocking") return common;
  if (shut)
    return {
      ...common,
      outcome: index % 2 ? "key_mismatch" : "not_opened",
      finding: {
        finding: "forfeited",
        first: "forfeited",
        rule: index % 2 ? "wrong_key" : "no_attempt",
        cites: [],
        decided: index % 4 === 0,
      },
    };
  if (!told) return { ...common, outcome: "opened" };
  return {
    ...common,
    outcome: "opened",
    sheet: Object.fromEntries(FIELDS.slice(0, made.fields).map(({ field, value }) => [field.id, value(index)])),
    ...(index % 3 === 0 ? { line: { seq: index, disputed: index % 6 === 0 } } : {}),
  };
}

function lot(made: Made, id: string): LotView {
  const parties = Array.from({ length: made.bidders }, (_, index) => party(made, index));
  const opened = parties.filter((it) => it.outcome === "opened").length;
  const lawful = (...acts: string[]) => Object.fromEntries(acts.map((act) => [act, null]));
  return {
    title: `教学楼智能化工程第${id}标段`,
    schema: { fields: FIELDS.slice(0, made.fields).map(({ field }) => field), price: "price", better: "low" },
    minimum: 3,
    reading: "received",
    masked: false,
    control_price: "900000000",
    release: 2,
    rescue: 3,
    phase: "opening",
    stage: made.stage,
    reached: made.stage,
    waits_for_quorum: false,
    objecting: 300,
    since: NOW,
    due: NOW + 20 * 60_000,
    extended: 0,
    listed: made.stage !== "checking",
    custodians: [1, 2, 3].map((x) => ({ x, organisation: "91350100MA0000000X", name: words(12, x), agent: x === 2 })),
    policy: {
      ...{ minimum: 3, fails_after_unlock: false, masked: false, reading: "received" },
      stays: {
        ...{ checking: 1800, starting: 1800, window: 1800, extensions: 3000, rescue: 600, quorum: 300, releasing: 300, opening: 300 },
        ...{ announcing: 1800, confirming: 1800, objections: 1800, signing: 1800, suspension: 1800, returning: 120 },
      },
    },
    counts: { bids: made.bidders, refused: 0, waiting: made.unopened, unlocked: made.bidders - made.unopened, failed: 0, opened },
    parties,
    ...(made.stage === "signing" ? { records: [{ seq: 9, record: "ab".repeat(32), pdf: null, corrects: null, signed: null }] } : {}),
    questions: made.question ? [{ time: NOW, by: nameOf(3, made.longest), text: words(made.question, 3), attachments: [], event: 7 }] : [],
    lawful: {
      ...lawful("message", "answer", "reply", "answer-help", "suspend", "hand-over"),
      ...(made.stage === "checking" ? lawful("mark-deposit", "refuse-bid", "allow-sign-in", "publish-list") : {}),
      ...(made.stage === "unlocking" ? lawful("extend") : {}),
      ...(made.stage === "opened" ? lawful("announce") : {}),
      ...(made.stage === "announced" ? lawful("open-objections") : {}),
      ...(made.stage === "objections" ? lawful("close-objections") : {}),
      ...(made.stage === "signing" ? lawful("sign-record", "correct-record") : {}),
    },
  };
}

export function projectView(made: Made): Schemas["ProjectView"] {
  const ids = Array.from({ length: made.lots }, (_, index) => String(index + 1));
  const named = (name: string) => ({ name, organisation: "91350100MA0000000X" });
  return {
    number: "JY-2026-0118",
    title: words(made.title, 11),
    notice: "",
    officials: { tenderer: named("临江市第二中学"), centre: named("临江市公共资源交易中心"), supervisor: named("临江市发展和改革局") },
    published: true,
    t0: NOW - 3_600_000,
    sign_in_from: NOW - 7_200_000,
    closed_for_bids: true,
    now: NOW,
    changes: [],
    seat: "host",
    operator: "王敏",
    lots: Object.fromEntries(ids.map((id) => [id, lot(made, id)])),
  };
}

/** The lot's record, as far as a console shows it. */
export function openingRecord(made: Made, view: Schemas["ProjectView"]): Schemas["OpeningRecord"] {
  const { title, schema, parties } = view.lots["1"]!;
  const opened = (parties ?? []).filter((it) => it.sheet);
  return {
    project: { number: view.number, title: view.title, tenderer: "临江市第二中学", centre: "交易中心", supervisor: "监督", t0: view.t0 },
    lot: { id: "1", title, schema, bids: made.bidders, reading: "received", state: "signing" },
    rows: opened.map(({ name, bid, sheet }) => ({ name, bid, received: NOW, unlocked: NOW, sheet, line: "silent" })),
    attendance: opened.map(({ name }) => ({ name, signed_in: NOW })),
    ...{ unopened: [], refused: [], objections: [], messages: [], remarks: [], timeline: [], signers: [] },
  } as unknown as Schemas["OpeningRecord"];
}

/** What was said so far. */
export function feed(made: Made): Schemas["FeedItem"][] {
  const items: unknown[] = [];
  const add = (kind: string, body: unknown) => items.push({ n: items.length + 1, time: NOW, kind, body });
  if (made.message) add("said", { by: "王敏", text: words(made.message, 5), seq: 6 });
  if (made.question) add("asked", { lot: "1", name: nameOf(3, made.longest), text: words(made.question, 3), attachments: [], seq: 7 });
  return items as Schemas["FeedItem"][];
}

/** What an address says an opening is made of. */
export function read(search: URLSearchParams): Made {
  const told = Object.fromEntries(
    Object.entries(USUAL).map(([key, usual]) => [
      key,
      typeof usual === "number" ? Number(search.get(key) ?? usual) : (search.get(key) ?? usual),
    ]),
  );
  return told as unknown as Made;
}
