/** How the room stood after any one event, for the cursor of the timeline. */
import type { Told } from "./events";
import { coursesOf } from "./timeline";

export interface Moment {
  lot: string;
  stage: string;
  bids: number;
  refused: number;
  unlocked: number;
  failed: number;
  released: number;
  opened: number;
  suspended: boolean;
}

/** The lots as they stood after event `seq`. */
export function momentAt(events: readonly Told[], seq: number): Moment[] {
  const before = events.filter((told) => told.seq <= seq);
  return coursesOf(before).map(({ lot, stages, suspensions }) => {
    const own = before.filter((told) => told.lots.includes(lot));
    const bids = bidsAtDeadline(before, lot);
    const refused = parties(own, "bid_refused");
    const unlocked = new Set([...parties(own, "unlocked"), ...matching(own)]);
    const failed = [...parties(own, "unlock_failed")].filter((party) => !unlocked.has(party) && !refused.has(party));
    return {
      lot,
      stage: stages.at(-1)?.stage ?? "preparing",
      bids,
      refused: refused.size,
      unlocked: unlocked.size,
      failed: failed.length,
      released: new Set(own.filter((told) => told.kind === "released").map((told) => told.what["x"])).size,
      opened: openedIn(own),
      suspended: suspensions.some((span) => span.to === undefined),
    };
  });
}

function parties(events: readonly Told[], kind: string): Set<string> {
  return new Set(events.filter((told) => told.kind === kind).map((told) => told.what.party ?? ""));
}

function matching(events: readonly Told[]): string[] {
  return events.filter((told) => told.kind === "rescued" && told.what["matches"] === true).map((told) => told.what.party ?? "");
}

function bidsAtDeadline(events: readonly Told[], lot: string): number {
  const deadline = events.find((told) => told.kind === "deadline_reached");
  const lots = (deadline?.what.lots ?? []) as { lot: string; bids?: string[] }[];
  return lots.find((it) => it.lot === lot)?.bids?.length ?? 0;
}

function openedIn(events: readonly Told[]): number {
  const results = events.find((told) => told.kind === "opened")?.what["results"];
  return Array.isArray(results) ? results.filter((it: { outcome?: string }) => it.outcome === "opened").length : 0;
}
