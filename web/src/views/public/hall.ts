/** What the hall concludes from the view. */
import type { LotView } from "@/room";
import { isEnd, isRunning } from "@/ui/stages";

/** The lot to show first: one where something goes on, else the first that did not fail. */
export function firstLot(lots: Record<string, LotView>): string {
  const ids = Object.keys(lots);
  const stage = (id: string) => lots[id]?.stage ?? "preparing";
  return ids.find((id) => isRunning(stage(id))) ?? ids.find((id) => !isEnd(stage(id)) || stage(id) === "closed") ?? ids[0] ?? "";
}
