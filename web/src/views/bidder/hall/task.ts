/** What a bidder has to do now in one lot: the most prominent thing of its screen. */
import type { LotView, PartyView, View } from "@/room";

export type Task =
  | "prepare"
  | "stale"
  | "wait-sign-in"
  | "sign-in"
  | "signed-in"
  | "closed-without-bid"
  | "checking"
  | "refused"
  | "unlock"
  | "unlocked"
  | "not-unlocked"
  | "releasing"
  | "opened"
  | "not-opened"
  | "confirm"
  | "announced"
  | "objections"
  | "countersign"
  | "countersigned"
  | "signing"
  | "few-bids"
  | "few-opened"
  | "cancelled"
  | "terminated"
  | "closed";

/** The bidder's own line among the parties, once T0 has passed. */
export function ownParty(lot: LotView): PartyView | undefined {
  return lot.own && (lot.parties ?? []).find((it) => it.party === lot.own?.party);
}

export function taskOf(view: Pick<View, "sign_in_from">, lot: LotView, now: number): Task {
  const own = lot.own;
  const party = ownParty(lot);
  switch (lot.stage) {
    case "preparing":
    case "bidding":
      if (!own?.live) return own?.stale ? "stale" : "prepare";
      if (own.signed_in) return "signed-in";
      return now >= view.sign_in_from ? "sign-in" : "wait-sign-in";
    case "cancelled":
      return "cancelled";
    case "failed_few_bids":
      return "few-bids";
    case "failed_after_unlock":
      return "few-opened";
    case "terminated":
      return "terminated";
    default:
  }
  if (!party) return "closed-without-bid";
  if (party.refused) return lot.stage === "closed" ? "closed" : "refused";
  const announced = !["checking", "unlocking", "releasing", "opened"].includes(lot.stage);
  const failed = !!party.outcome && party.outcome !== "opened";
  switch (lot.stage) {
    case "checking":
      return "checking";
    case "unlocking":
      return party.course?.unlocked ? "unlocked" : "unlock";
    case "releasing":
      return party.course?.unlocked ? "releasing" : "not-unlocked";
    case "opened":
      return failed || party.finding ? "not-opened" : "opened";
    case "signing": {
      const record = lastRecord(lot);
      if (party.course?.countersigned) return "countersigned";
      return record?.signed ? "countersign" : "signing";
    }
    case "closed":
      return "closed";
    default:
  }
  if (announced && (failed || party.finding)) return "not-opened";
  if (party.sheet && !party.line && lot.stage === "announced") return "confirm";
  return lot.stage === "objections" ? "objections" : "announced";
}

/** The record that counts: the last. */
export function lastRecord(lot: LotView): NonNullable<LotView["records"]>[number] | undefined {
  return lot.records?.at(-1);
}

/** How pressing a task is; the lot with the most pressing one is shown first. */
const URGENT: readonly Task[] = [
  "unlock",
  "sign-in",
  "confirm",
  "countersign",
  "stale",
  "not-opened",
  "objections",
  "unlocked",
  "checking",
  "releasing",
  "opened",
  "announced",
  "signed-in",
  "wait-sign-in",
];

/** What cannot wait while another lot is looked at. */
const PRESSING: readonly Task[] = ["unlock", "sign-in", "confirm", "countersign"];

/** Lots with a pressing task, the most pressing first. */
export function pressing(view: View, now: number): { lot: string; task: Task; due?: number }[] {
  return Object.entries(view.lots)
    .filter(([, lot]) => lot.own && lot.suspended === undefined)
    .map(([id, lot]) => ({ lot: id, task: taskOf(view, lot, now), ...(lot.due === undefined ? {} : { due: lot.due }) }))
    .filter(({ task }) => PRESSING.includes(task))
    .sort((a, b) => PRESSING.indexOf(a.task) - PRESSING.indexOf(b.task));
}

export function mostUrgent(view: View, now: number): string | undefined {
  const own = Object.entries(view.lots).filter(([, lot]) => lot.own);
  const weight = (lot: LotView) => {
    const at = URGENT.indexOf(taskOf(view, lot, now));
    return at < 0 ? URGENT.length : at;
  };
  return own.sort(([, a], [, b]) => weight(a) - weight(b))[0]?.[0];
}

/** The section of the bidder's chapter in the manual that tells about a task. */
export const MANUAL: Readonly<Record<Task, string>> = {
  prepare: "prepare",
  stale: "replace",
  "wait-sign-in": "sign-in",
  "sign-in": "sign-in",
  "signed-in": "sign-in",
  "closed-without-bid": "trouble",
  checking: "checking",
  refused: "checking",
  unlock: "unlock",
  unlocked: "unlock",
  "not-unlocked": "trouble",
  releasing: "unlock",
  opened: "confirm",
  "not-opened": "trouble",
  confirm: "confirm",
  announced: "confirm",
  objections: "objections",
  countersign: "record",
  countersigned: "record",
  signing: "record",
  "few-bids": "trouble",
  "few-opened": "trouble",
  cancelled: "trouble",
  terminated: "trouble",
  closed: "record",
};
