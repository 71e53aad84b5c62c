/**
 * What the person at this page may do with a lot now, and why not where it may
 * not: docs/states/lot.md and the table of docs/spec/acts.md as a pure function.
 * The server decides; this keeps the console from offering what it would refuse.
 */
import { isEnd } from "@/ui/stages";
import { type Course, newCourse } from "./course";
import type { LotView, Stage, View } from "./types";

/** The acts of host and centre, as docs/spec/acts.md calls them. */
export const ACTS = [
  "edit",
  "publish",
  "clarify",
  "amend",
  "postpone",
  "cancel",
  "hand-over",
  "take-over",
  "mark-deposit",
  "refuse-bid",
  "publish-list",
  "allow-sign-in",
  "start-window",
  "extend",
  "suspend",
  "resume",
  "announce",
  "lift-mask",
  "open-objections",
  "reply",
  "close-objections",
  "sign-record",
  "correct-record",
  "close",
  "message",
  "answer",
  "answer-help",
] as const;
export type HostAct = (typeof ACTS)[number];

/** Who looks: in which role, whether in the operator's seat. */
export interface Seat {
  role: "host" | "centre";
  /** Whose acts count as the operator's: this person's, or another's, whose name this is. */
  operator: true | string;
}

/** In whose seat a person looks at a project; nothing for those who are neither host nor centre. */
export function seatOf(view: View, certificate: string | undefined): Seat | undefined {
  const { seat, operator_certificate, operator_seat } = view;
  if (seat !== "host" && seat !== "centre") return undefined;
  // Until somebody takes the seat, any person of the host is the operator.
  if (!operator_seat) return { role: seat, operator: seat === "host" ? true : "" };
  const sits = operator_seat === seat && operator_certificate !== undefined && operator_certificate === certificate;
  return { role: seat, operator: sits ? true : (view.operator ?? "") };
}

/** Why not: a code whose words are in the i18n area `host.why`. */
export interface Why {
  code: string;
  params?: Record<string, string | number>;
}

export type Lawful = Record<HostAct, Why | undefined>;

/** For each act why it cannot be done now; nothing where it can. */
export function lawful(view: View, lotId: string, seat: Seat, now: number, course: Course = newCourse()): Lawful {
  const lot = view.lots[lotId];
  const verdicts = {} as Lawful;
  for (const act of ACTS) {
    verdicts[act] = lot ? (who(act, seat) ?? when(act, { view, lot, now, course })) : why("no-lot");
  }
  return verdicts;
}

/** A lot's course as the host walks it: the act that each stage waits for. */
const NEXT: Partial<Record<Stage, HostAct>> = {
  preparing: "publish",
  checking: "publish-list",
  opened: "announce",
  announced: "open-objections",
  objections: "close-objections",
  signing: "sign-record",
};

/** The one act that carries a lot on, or nothing where the host has to wait. */
export function nextAct(view: View, lotId: string): HostAct | undefined {
  const lot = view.lots[lotId];
  if (!lot) return undefined;
  if (lot.suspended) return "resume";
  if (lot.stage === "checking" && lot.listed) return "start-window";
  if (lot.stage === "signing" && lot.records?.at(-1)?.signed) return "close";
  return NEXT[lot.stage];
}

/** Stages in which a lot has come to an end. */

const BY_HOST: readonly HostAct[] = ["edit", "publish", "clarify", "amend", "postpone", "cancel"];
const BY_BOTH: readonly HostAct[] = ["message", "answer", "answer-help"];

function who(act: HostAct, seat: Seat): Why | undefined {
  if (BY_HOST.includes(act)) return seat.role === "host" ? undefined : why("host-only");
  if (BY_BOTH.includes(act)) return undefined;
  if (act === "take-over") return seat.role === "centre" ? undefined : why("centre-only");
  if (seat.operator === true) return undefined;
  return seat.operator ? why("not-operator", { operator: seat.operator }) : why("take-over-first");
}

interface Case {
  view: View;
  lot: LotView;
  now: number;
  course: Course;
}

const OBJECTIONABLE: readonly Stage[] = ["checking", "unlocking", "releasing", "opened", "announced", "objections"];
const SUSPENDABLE: readonly Stage[] = ["checking", "unlocking", "opened", "announced", "objections", "signing"];
const RECORDED: readonly Stage[] = ["signing", "closed", "failed_few_bids", "failed_after_unlock", "terminated"];

function when(act: HostAct, it: Case): Why | undefined {
  switch (act) {
    case "edit":
    case "publish":
      return it.view.published ? why("published") : undefined;
    case "clarify":
    case "postpone":
      return beforeT0(it);
    case "amend":
    case "cancel":
      return beforeT0(it) ?? inStage(it, ["bidding"]);
    case "hand-over":
    case "take-over":
      return it.view.published ? undefined : why("unpublished");
    case "mark-deposit":
    case "refuse-bid":
    case "publish-list":
      return running(it, ["checking"]) ?? (it.lot.listed ? why("list-published") : undefined);
    case "start-window":
      return startWindow(it);
    case "extend":
      return running(it, ["unlocking"]) ?? lengthen(it);
    case "suspend":
      return it.lot.stage === "releasing" ? why("releasing") : running(it, SUSPENDABLE);
    case "resume":
      if (!it.lot.suspended) return why("not-suspended");
      return it.lot.suspended_by === "supervisor" ? why("ordered") : undefined;
    case "allow-sign-in":
      return it.view.closed_for_bids ? undefined : why("before-t0");
    case "lift-mask":
      if (!it.view.closed_for_bids) return why("before-t0");
      return it.lot.masked ? undefined : why("not-masked");
    case "announce":
      return running(it, ["opened"]);
    case "open-objections":
      return running(it, ["announced"]);
    case "reply":
      return inStage(it, OBJECTIONABLE);
    case "close-objections":
      return running(it, ["objections"]) ?? unanswered(it);
    case "sign-record":
    case "correct-record":
      return record(act, it);
    case "close":
      return running(it, ["signing"]) ?? unsigned(it);
    case "message":
    case "answer":
      return inTheRoom(it);
    case "answer-help":
      return it.view.closed_for_bids ? undefined : why("before-t0");
  }
}

function beforeT0({ view }: Case): Why | undefined {
  if (!view.published) return why("unpublished");
  if (view.closed_for_bids) return why("after-t0");
  return Object.values(view.lots).every((lot) => isEnd(lot.stage)) ? why("ended") : undefined;
}

function inStage({ lot }: Case, stages: readonly Stage[]): Why | undefined {
  if (stages.includes(lot.stage)) return undefined;
  if (isEnd(lot.stage)) return why("ended");
  const order: readonly Stage[] = [
    "preparing",
    "bidding",
    "checking",
    "unlocking",
    "releasing",
    "opened",
    "announced",
    "objections",
    "signing",
  ];
  const first = stages[0] ?? lot.stage;
  return why(order.indexOf(lot.stage) < order.indexOf(first) ? "stage-to-come" : "stage-over", { stage: first });
}

/** In one of these stages, and its clocks run. */
function running(it: Case, stages: readonly Stage[]): Why | undefined {
  return inStage(it, stages) ?? (it.lot.suspended ? why("suspended") : undefined);
}

function lengthen({ lot, now }: Case): Why | undefined {
  if ((lot.due ?? 0) <= now) return why("window-over");
  return extensionLeft(lot) > 0 ? undefined : why("extension-spent");
}

/** Seconds by which the window can still be lengthened. */
function extensionLeft(lot: LotView): number {
  return Math.max(0, lot.policy.stays.extensions - lot.extended);
}

function startWindow(it: Case): Why | undefined {
  const stage = running(it, ["checking"]);
  if (stage) return stage;
  if (!it.lot.listed) return why("list-first");
  return it.view.closing ? undefined : why("closing-first");
}

function unanswered({ lot }: Case): Why | undefined {
  const open = (lot.objections ?? []).filter((it) => it.answer === undefined).length;
  return open > 0 ? why("replies-first", { count: open }) : undefined;
}

function unsigned({ lot }: Case): Why | undefined {
  const last = lot.records?.at(-1);
  if (!last) return why("no-record");
  return last.signed ? undefined : why("sign-first");
}

function record(act: "sign-record" | "correct-record", it: Case): Why | undefined {
  const stage = inStage(it, RECORDED);
  if (stage && !RECORDED.includes(it.lot.stage)) return stage;
  const last = it.lot.records?.at(-1);
  if (!last) return why("no-record");
  if (it.course.correcting) return why("correcting");
  return act === "sign-record" && last.signed ? why("signed") : undefined;
}

function inTheRoom({ view, lot }: Case): Why | undefined {
  if (!view.closed_for_bids) return why("before-t0");
  return isEnd(lot.stage) ? why("ended") : undefined;
}

function why(code: string, params?: Why["params"]): Why {
  return params ? { code, params } : { code };
}
