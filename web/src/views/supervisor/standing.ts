import type { LotView, PartyView } from "@/room";
import { isWindowOver } from "@/ui/stages";

/** How a bidder fares, as one word of `supervisor.live.states`. */
export function stateOf(
  lot: LotView,
  party: PartyView,
): "refused" | "opened" | "unopened" | "unlocked" | "rescue" | "failed" | "missed" | "waiting" {
  if (party.refused) return "refused";
  if (party.outcome) return party.outcome === "opened" ? "opened" : "unopened";
  if (party.course?.unlocked) return "unlocked";
  if (isWindowOver(lot.stage)) return "missed";
  if (party.course?.rescue_ordered || party.course?.rescue_asked) return "rescue";
  return (party.course?.attempts.length ?? 0) > 0 ? "failed" : "waiting";
}
