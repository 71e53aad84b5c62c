/** Rescues that wait for the supervisor's order, in whichever lot; the one with the least time first. */
import type { PartyView, View } from "@/room";

export interface Asked {
  lot: string;
  party: PartyView;
  /** Until when it can be ordered. */
  due?: number;
  /** Since when that clock stands still. */
  suspended?: number;
}

export function rescuesAsked(view: Pick<View, "lots">): Asked[] {
  const all = Object.entries(view.lots).flatMap(([lot, it]) =>
    it.stage === "unlocking"
      ? (it.parties ?? [])
          .filter(({ refused, course }) => !refused && course?.rescue_asked && !course.rescue_ordered && !course.unlocked)
          .map(
            (party): Asked => ({
              lot,
              party,
              ...(it.due ? { due: it.due } : {}),
              ...(it.suspended ? { suspended: it.suspended } : {}),
            }),
          )
      : [],
  );
  return all.sort((a, b) => (a.due ?? Number.POSITIVE_INFINITY) - (b.due ?? Number.POSITIVE_INFINITY));
}
