/** What was typed for a bid goes from this device when bidding is over. */
import { type Ref, watch } from "vue";
import type { View } from "@/room";
import { useSession } from "@/session";
import { forgetLot } from "./drafts";

type Seen = Pick<View, "closed_for_bids" | "lots">;

/** Whether nothing can be handed in or replaced any more in a lot. */
export function isClosed({ closed_for_bids, lots }: Seen, lot: string): boolean {
  const stage = lots[lot]?.stage;
  return closed_for_bids || (stage !== "bidding" && stage !== "preparing");
}

/** Lots in which that is so. */
export function closedLots(view: Seen): string[] {
  return Object.keys(view.lots).filter((lot) => isClosed(view, lot));
}

export function forgetAtClosing(project: string, view: Readonly<Ref<View | null>>): void {
  const session = useSession();
  watch(
    () => (session.key && view.value ? closedLots(view.value).join(" ") : ""),
    (lots) => {
      for (const lot of lots.split(" ").filter(Boolean)) void forgetLot({ project, lot }).catch(() => undefined);
    },
    { immediate: true },
  );
}
