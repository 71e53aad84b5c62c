/** Whether the supervisor may decide on findings of a lot, as the server says it, and otherwise why not. */
import type { ActBody } from "@/crypto/contract";
import type { LotView } from "@/room";
import { actOn } from "@/session/several";
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

type Finding = NonNullable<NonNullable<LotView["parties"]>[number]["finding"]>;

/** A bid's finding, and where it stands. */
export interface Found {
  lot: string;
  party: string;
  finding: Finding;
}

/** Those of them that can be confirmed: decided on by nobody, and not left to the supervisor. */
export function confirmable<F extends Found>(all: readonly F[]): F[] {
  return all.filter(({ finding }) => !finding.decided && finding.finding !== "open");
}

/** One act for each lot: it confirms these findings or, given another, puts that one in their place. */
export function rulings(all: readonly Found[], instead?: { finding: Finding["finding"]; reason: string }): ActBody[] {
  const ruled = instead ? all.filter(({ finding }) => finding.finding !== instead.finding) : confirmable(all);
  const lots = [...new Set(ruled.map(({ lot }) => lot))];
  return lots.flatMap((lot) => {
    const items = ruled.filter((it) => it.lot === lot).map(({ party, finding }) => ({ party, finding: finding.finding, ...instead }));
    return actOn(instead ? "overrule-finding" : "confirm-finding", lot, items) ?? [];
  });
}
