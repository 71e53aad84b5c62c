/** Acts on one bidder that can be asked for many at once: one reason for all, and a signed act for each. */
import type { ActBody } from "@/crypto/contract";
import type { Course } from "../course";
import type { PartyView } from "../types";

export const MANY = ["allow-sign-in", "refuse-bid"] as const;
export type ManyAct = (typeof MANY)[number];

/** Whether an act still has something to do for a bidder. */
export function isOpenTo(act: ManyAct, party: PartyView, course: Course): boolean {
  if (act === "refuse-bid") return !party.refused && party.bid !== undefined;
  return !party.signed_in && !course.leave.has(party.party);
}

/** The acts to sign, in reading order. */
export function bodies(act: ManyAct, lot: string, parties: readonly PartyView[], reason: string): ActBody[] {
  return parties.map(({ party, bid }) => {
    const common = { act, lot, party, reason: reason.trim() };
    return act === "refuse-bid" ? { ...common, bid } : common;
  });
}
