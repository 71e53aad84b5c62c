/** Whether the supervisor may decide on findings of a lot, as the server says it, and otherwise why not. */
import type { LotView } from "@/room";
import { whyNot } from "@/ui/lawful";

type Fault = NonNullable<LotView["faults"]>[number];
export type Hindrance = "own" | "notYet" | "closed";

/** What keeps from a decision; nothing where it may be made. Nobody decides on what was found of `own` organisation. */
export function hindrance(lot: LotView, act: "overrule-finding" | "overrule-fault", own = false): Hindrance | undefined {
  if (own) return "own";
  if (whyNot(lot, act) === undefined) return undefined;
  return lot.stage === "releasing" ? "notYet" : "closed";
}

/** Whether what was found of a custodian was found of this organisation. */
export function isOwn({ custodians }: LotView, { x }: Fault, organisation: string | undefined): boolean {
  return organisation !== undefined && custodians?.find((it) => it.x === x)?.organisation === organisation;
}

/** How many of a lot's findings this organisation may decide on and has not. */
export function owed(lot: LotView, organisation: string | undefined): number {
  const findings = (lot.parties ?? []).filter(({ finding }) => finding && !finding.decided && !hindrance(lot, "overrule-finding"));
  const faults = (lot.faults ?? []).filter((it) => !it.decided && !hindrance(lot, "overrule-fault", isOwn(lot, it, organisation)));
  return findings.length + faults.length;
}
