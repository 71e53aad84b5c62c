/** How a bidder stands in the window, in one word. */
import type { Schemas } from "@/api";

export type Standing = "refused" | "unlocked" | "failed" | "waiting";

/** Unknown where the viewer may not know. */
export function standing(party: Schemas["PartyView"]): Standing | undefined {
  if (party.refused) return "refused";
  if (!party.course) return undefined;
  if (party.course.unlocked) return "unlocked";
  return party.course.attempts.length > 0 ? "failed" : "waiting";
}
