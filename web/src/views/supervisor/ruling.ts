/** Whether the supervisor may decide on findings of a lot, as the server says it, and otherwise why not. */
import type { LotView } from "@/room";
import { whyNot } from "@/ui/lawful";

export type Hindrance = "own" | "notYet" | "closed";

/** What keeps from a decision; nothing where it may be made. Nobody decides on what was found of `own` organisation. */
export function hindrance(lot: LotView, act: "overrule-finding" | "overrule-fault", own = false): Hindrance | undefined {
  if (own) return "own";
  if (whyNot(lot, act) === undefined) return undefined;
  return lot.stage === "releasing" ? "notYet" : "closed";
}
