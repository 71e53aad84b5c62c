/** What the hall concludes from its feed. */
import type { FeedItem, LotView } from "@/room";
import { concerns } from "@/ui/room/moments";
import { isEnd, isRunning, type Stage } from "@/ui/stages";

/** The stage that an event begins. */
const BEGINS: Record<string, Stage> = {
  published: "bidding",
  deadline_reached: "checking",
  window_started: "unlocking",
  accepted_fixed: "releasing",
  opened: "opened",
  announced: "announced",
  objections_opened: "objections",
  objections_closed: "signing",
};

/** The last stage a lot came to, whatever ended it. */
export function reached(log: readonly FeedItem[], lot: string): Stage | undefined {
  let last: Stage | undefined;
  for (const item of log) {
    const begins = BEGINS[item.kind];
    if (begins && concerns(item, lot)) last = begins;
  }
  return last;
}

/** The lot to show first: one where something goes on, else the first that did not fail. */
export function firstLot(lots: Record<string, LotView>): string {
  const ids = Object.keys(lots);
  const stage = (id: string) => lots[id]?.stage ?? "preparing";
  return ids.find((id) => isRunning(stage(id))) ?? ids.find((id) => !isEnd(stage(id)) || stage(id) === "closed") ?? ids[0] ?? "";
}
