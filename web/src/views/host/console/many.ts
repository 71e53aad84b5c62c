/** Acts on one bidder that can be asked for many at once: one reason for all, and a signed act for each. */
import type { Schemas } from "@/api";
import type { ActBody } from "@/crypto/contract";
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

/** The acts to sign, in reading order. */
export function bodies(act: ManyAct, lot: string, parties: readonly PartyView[], reason: string, absence: Absence | "" = ""): ActBody[] {
  return parties.map(({ party, bid }) => {
    const note = reason.trim();
    if (act === "mark-absence") return { act, lot, party, absence, ...(note ? { note } : {}) };
    const common = { act, lot, party, reason: reason.trim() };
    return act === "refuse-bid" ? { ...common, bid } : common;
  });
}
