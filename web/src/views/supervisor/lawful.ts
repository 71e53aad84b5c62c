/**
 * Which orders a supervisor can give now, and why the others not. The server
 * decides; this only spares people acts that it would refuse.
 */
import type { LotView, PartyView } from "@/room";
import { isEnd } from "@/ui/stages";

export type Order = "suspend" | "resume" | "extend" | "terminate";

/** A key of `supervisor.orders.why`, or nothing where the order is lawful. */
export type Why =
  | "beforeT0"
  | "ended"
  | "releasing"
  | "suspended"
  | "notSuspended"
  | "notUnlocking"
  | "noReason"
  | "unlocked"
  | "refused"
  | "ordered"
  | undefined;

export function whyNot(order: Order, lot: LotView, afterT0: boolean): Why {
  if (isEnd(lot.stage)) return "ended";
  if (!afterT0) return "beforeT0";
  switch (order) {
    case "terminate":
      return undefined;
    case "suspend":
      if (lot.suspended !== undefined) return "suspended";
      return lot.stage === "releasing" ? "releasing" : undefined;
    case "resume":
      return lot.suspended === undefined ? "notSuspended" : undefined;
    case "extend":
      return lot.stage === "unlocking" ? undefined : "notUnlocking";
  }
}

/** Why no rescue of this bidder's bid can be ordered. */
export function whyNoRescue(lot: LotView, party: PartyView): Why {
  if (lot.stage !== "unlocking") return "notUnlocking";
  if (lot.suspended !== undefined) return "suspended";
  if (party.refused) return "refused";
  if (party.course?.unlocked) return "unlocked";
  if (party.course?.rescue_ordered) return "ordered";
  const called = party.course?.rescue_asked || (party.course?.attempts.length ?? 0) > 0;
  return called ? undefined : "noReason";
}

const WINDOW_TO_COME = new Set(["bidding", "checking", "unlocking"]);

/** How a bidder fares, as one word of `supervisor.live.states`. */
export function stateOf(
  lot: LotView,
  party: PartyView,
): "refused" | "opened" | "unopened" | "unlocked" | "rescue" | "failed" | "missed" | "waiting" {
  if (party.refused) return "refused";
  if (party.outcome) return party.outcome === "opened" ? "opened" : "unopened";
  if (party.course?.unlocked) return "unlocked";
  if (!WINDOW_TO_COME.has(lot.stage)) return "missed";
  if (party.course?.rescue_ordered || party.course?.rescue_asked) return "rescue";
  return (party.course?.attempts.length ?? 0) > 0 ? "failed" : "waiting";
}
