import { isEnd } from "@/ui/stages";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Course, courses, newCourse } from "./course";
import { ACTS, type HostAct, lawful, nextAct, type Seat, seatOf } from "./lawful";
import type { FeedItem, LotView, Stage, View } from "./types";

const docs = (name: string) => readFileSync(fileURLToPath(new URL(`../../../../docs/${name}`, import.meta.url)), "utf8");

const STAGES: Stage[] = [
  "preparing",
  "bidding",
  "checking",
  "unlocking",
  "releasing",
  "opened",
  "announced",
  "objections",
  "signing",
  "closed",
  "cancelled",
  "failed_few_bids",
  "failed_after_unlock",
  "terminated",
];
const NOW = 1_000_000;
const HOST: Seat = { role: "host", operator: true };
const RECORD = { seq: 9, record: "ab".repeat(32), pdf: null, corrects: null };

function view(stage: Stage, change: Partial<LotView> = {}): View {
  const after = !["preparing", "bidding", "cancelled"].includes(stage);
  const lot = {
    title: "标段",
    schema: { fields: [], better: "low" },
    minimum: 3,
    reading: "received",
    masked: false,
    policy: { stays: { extensions: 600 } },
    custodians: [],
    release: 2,
    listed: false,
    extended: 0,
    waits_for_quorum: false,
    stage,
    since: 0,
    due: NOW + 60_000,
    parties: [],
    objections: [],
    questions: [],
    helps: [],
    records: [],
    ...change,
  };
  return {
    published: stage !== "preparing",
    closed_for_bids: after,
    t0: after ? NOW - 1 : NOW + 1,
    ...(after ? { closing: "cd".repeat(32) } : {}),
    lots: { "1": lot },
  } as unknown as View;
}

/** The most favourable circumstances of a stage: what can only be refused for the stage's sake. */
function favourable(act: HostAct, stage: Stage): { view: View; course: Course } {
  const course = newCourse();
  const change: Partial<LotView> = {};
  if (act === "start-window") change.listed = true;
  if (act === "lift-mask") change.masked = true;
  if (act === "resume") change.suspended = NOW - 10;
  if (act === "sign-record" || act === "correct-record") change.records = [{ ...RECORD, signed: null }];
  if (act === "close") change.records = [{ ...RECORD, signed: 12 }];
  return { view: view(stage, change), course };
}

function offeredIn(act: HostAct): Stage[] {
  return STAGES.filter((stage) => {
    const { view, course } = favourable(act, stage);
    return lawful(view, "1", HOST, NOW, course)[act] === undefined;
  });
}

const snake = (name: string) => name.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase() as Stage;

describe("what the console offers", () => {
  it("is, for acts that move a lot, exactly what docs/states/lot.md draws", () => {
    const chart = docs("states/lot.md").split("## Inside checking")[0] ?? "";
    const edges = [...chart.matchAll(/^ {4}(\w+) --> (\w+): (.+)$/gm)];
    expect(edges.length).toBeGreaterThan(15);
    for (const act of ["publish", "start-window", "announce", "open-objections", "close-objections", "close", "cancel"] as const) {
      const drawn = edges.filter(([, , , label]) => new RegExp(`(^|, )${act}(?![-\\w])`).test(label!)).map(([, from]) => snake(from!));
      expect(offeredIn(act), act).toEqual([...new Set(drawn)]);
    }
  });

  it("is before T0 what the same page draws as changes of a lot that takes bids", () => {
    for (const act of ["clarify", "amend", "postpone"] as const) expect(offeredIn(act), act).toEqual(["bidding"]);
  });

  it("can be suspended in the stages that the page lists, and nowhere else", () => {
    const listed = /^In (.+)\. The lot's clocks stand still/m.exec(docs("states/lot.md"))?.[1] ?? "";
    const stages = listed.split(/, | and /).map((name) => name.trim());
    expect(offeredIn("suspend")).toEqual(stages);
  });

  it("is by stage what docs/spec/acts.md says in its column `when`", () => {
    const expected: Partial<Record<HostAct, Stage[]>> = {};
    for (const [, name, , whenIt] of docs("spec/acts.md").matchAll(/^\| `([a-z-]+)`[^|]* \| ([^|]*) \| (?:[^|]*) \| ([^|]*) \|/gm)) {
      const range = /^(checking|announced|signing) to (objections|signing)/.exec(whenIt ?? "");
      if (range && ACTS.includes(name as HostAct)) {
        expected[name as HostAct] = STAGES.slice(STAGES.indexOf(range[1] as Stage), STAGES.indexOf(range[2] as Stage) + 1);
      }
    }
    for (const [act, stages] of Object.entries(expected)) expect(offeredIn(act as HostAct), act).toEqual(stages);
  });

  it("is the operator's acts only for whoever sits in the seat, as docs/spec/acts.md has them", () => {
    const other: Seat = { role: "host", operator: "清源咨询 王五" };
    const rows = [...docs("spec/acts.md").matchAll(/^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \| [^|]* \| ([^|]*) \|/gm)];
    const byOperator = rows
      .filter(([, , by]) => /operator/.test(by!))
      .flatMap(([, names]) => [...names!.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name as HostAct))
      .filter((act) => ACTS.includes(act));
    expect(byOperator.length).toBeGreaterThan(12);
    for (const act of byOperator) {
      for (const stage of STAGES) {
        const { view, course } = favourable(act, stage);
        expect(lawful(view, "1", other, NOW, course)[act]?.code, act).toBe("not-operator");
      }
    }
  });

  it("is taking over for the centre, and publication and its changes for the host", () => {
    const centre: Seat = { role: "centre", operator: true };
    expect(lawful(view("checking"), "1", centre, NOW)["take-over"]).toBeUndefined();
    expect(lawful(view("checking"), "1", HOST, NOW)["take-over"]?.code).toBe("centre-only");
    expect(lawful(view("bidding"), "1", centre, NOW)["postpone"]?.code).toBe("host-only");
    expect(lawful(view("checking"), "1", { role: "centre", operator: "甲" }, NOW).message).toBeUndefined();
  });

  it("holds the list's order: deposits and refusals before it, the window after it and after the closing statement", () => {
    const open = view("checking");
    const listed = view("checking", { listed: true });
    expect(lawful(open, "1", HOST, NOW)["start-window"]?.code).toBe("list-first");
    expect(lawful(open, "1", HOST, NOW)["mark-deposit"]).toBeUndefined();
    for (const act of ["mark-deposit", "refuse-bid", "publish-list"] as const) {
      expect(lawful(listed, "1", HOST, NOW)[act]?.code).toBe("list-published");
    }
    expect(lawful(listed, "1", HOST, NOW)["start-window"]).toBeUndefined();
    expect(lawful({ ...listed, closing: undefined }, "1", HOST, NOW)["start-window"]?.code).toBe("closing-first");
  });

  it("stands still while a lot is suspended, but for resuming, replies and talk", () => {
    for (const stage of ["checking", "unlocking", "opened", "announced", "objections", "signing"] as const) {
      const verdicts = lawful(view(stage, { suspended: NOW - 1, listed: true, records: [{ ...RECORD, signed: 12 }] }), "1", HOST, NOW);
      expect(verdicts.resume).toBeUndefined();
      for (const act of [
        "publish-list",
        "start-window",
        "extend",
        "announce",
        "open-objections",
        "close-objections",
        "close",
        "suspend",
      ] as const) {
        expect(verdicts[act], `${act} in ${stage}`).toBeDefined();
      }
      expect(nextAct(view(stage, { suspended: NOW - 1 }), "1")).toBe("resume");
    }
  });

  it("asks for answers before objections are closed and for the host's signature before a lot is", () => {
    const asked = [{ by: "甲", text: "?", attachments: [], event: 7, time: 1 }];
    expect(lawful(view("objections", { objections: asked }), "1", HOST, NOW)["close-objections"]).toEqual({
      code: "replies-first",
      params: { count: 1 },
    });
    expect(lawful(view("signing"), "1", HOST, NOW).close?.code).toBe("no-record");
    expect(lawful(view("signing", { records: [{ ...RECORD, signed: null }] }), "1", HOST, NOW).close?.code).toBe("sign-first");
    expect(lawful(view("signing", { records: [{ ...RECORD, signed: 3 }] }), "1", HOST, NOW)["sign-record"]?.code).toBe("signed");
  });

  it("leaves it to the supervisor to resume what a supervisor suspended", () => {
    const ordered = view("unlocking", { suspended: NOW - 1, suspended_by: "supervisor" });
    expect(lawful(ordered, "1", HOST, NOW).resume?.code).toBe("ordered");
  });

  it("lengthens a window by no more than the terms allow", () => {
    expect(lawful(view("unlocking", { extended: 600 }), "1", HOST, NOW).extend?.code).toBe("extension-spent");
  });

  it("lengthens no window that is over", () => {
    expect(lawful(view("unlocking"), "1", HOST, NOW).extend).toBeUndefined();
    expect(lawful(view("unlocking", { due: NOW }), "1", HOST, NOW).extend?.code).toBe("window-over");
  });

  it("has a next act in every stage that waits for the host, and it is lawful or says why not", () => {
    for (const stage of STAGES) {
      const act = nextAct(view(stage), "1");
      const waits = isEnd(stage) || ["bidding", "unlocking", "releasing"].includes(stage);
      expect(act === undefined, stage).toBe(waits);
    }
  });

  it("signs and corrects records of failed lots too", () => {
    expect(offeredIn("sign-record")).toEqual(["signing", "closed", "failed_few_bids", "failed_after_unlock", "terminated"]);
  });
});

describe("the operator's seat", () => {
  const seen = (change: Partial<View>) => seatOf({ ...view("checking"), seat: "host", ...change }, "cert-1");

  it("is any person's of the host until somebody takes it, and then only theirs who sits there", () => {
    expect(seen({})).toEqual({ role: "host", operator: true });
    expect(seen({ operator_seat: "host", operator_certificate: "cert-1", operator: "甲" })).toEqual({ role: "host", operator: true });
    expect(seen({ operator_seat: "host", operator_certificate: "cert-2", operator: "乙" })).toEqual({ role: "host", operator: "乙" });
    expect(seen({ operator_seat: "centre", operator_certificate: "cert-1", operator: "丙" })).toEqual({ role: "host", operator: "丙" });
  });

  it("is the centre's only once it has taken over, and nobody's else", () => {
    const centre = seatOf({ ...view("checking"), seat: "centre" }, "cert-1");
    expect(centre).toEqual({ role: "centre", operator: "" });
    expect(lawful(view("checking"), "1", centre!, NOW)["publish-list"]?.code).toBe("take-over-first");
    expect(seatOf({ ...view("checking"), seat: "bidder" }, "cert-1")).toBeUndefined();
  });
});

describe("a lot's course in the feed", () => {
  const item = (n: number, kind: string, body: object): FeedItem => ({ n, time: n, kind, body }) as FeedItem;

  it("knows who was refused why, who has leave to sign in, and what is being corrected", () => {
    const log = [
      item(1, "bid_refused", { lot: "1", party: "aa", text: "未盖章" }),
      item(2, "sign_in_allowed", { lot: "1", party: "bb" }),
      item(3, "correction_asked", { lot: "1", record: "r1" }),
    ];
    const course = courses(log).get("1");
    expect(course?.refusals.get("aa")).toBe("未盖章");
    expect(course?.leave.has("bb")).toBe(true);
    expect(course?.correcting).toBe("r1");
    expect(courses([...log, item(4, "record_made", { lot: "1" })]).get("1")?.correcting).toBeUndefined();
  });
});
