/** Acts on one bidder that can be asked for many at once: one reason for all, and one signature. */
import type { Schemas } from "@/api";
import type { Item } from "@/session/several";
import { isReason } from "@/ui/reason";
import type { Course } from "../course";
import type { PartyView } from "../types";

export const MANY = ["allow-sign-in", "mark-absence", "refuse-bid"] as const;
export type ManyAct = (typeof MANY)[number];

/** Whether an act still has something to do for a bidder. */
export function isOpenTo(act: ManyAct, party: PartyView, course: Course): boolean {
  if (act === "refuse-bid") return !party.refused && party.bid !== undefined;
  if (act === "mark-absence") return !party.signed_in;
  return !party.signed_in && !course.leave.has(party.party);
}

/** Why nobody attends for a bidder, in the order in which it is offered. */
export const ABSENCES: readonly Absence[] = ["unreachable", "network", "certificate", "late", "declined", "not-required", "other"];
export type Absence = Schemas["Absence"];

/** Whether enough was said to ask for an act. */
export function isSaid(act: ManyAct, reason: string, absence: Absence | ""): boolean {
  if (act === "mark-absence") return absence !== "" && isReason(reason, absence !== "other");
  return isReason(reason);
}

/** What is said of each, with one reason for all. */
export function itemsOf(act: ManyAct, parties: readonly PartyView[], reason: string, absence: Absence | "" = ""): Item[] {
  const said = reason.trim();
  return parties.map(({ party, bid }) => {
    if (act === "mark-absence") return { party, absence, ...(said ? { note: said } : {}) };
    return act === "refuse-bid" ? { party, bid, reason: said } : { party, reason: said };
  });
}
