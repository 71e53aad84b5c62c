/** What was typed for a bid goes from this device when bidding is over. */
import { type Ref, watch } from "vue";
import type { View } from "@/room";
import { useSession } from "@/session";
import { forgetLot } from "./drafts";

/** Lots in which nothing can be handed in or replaced any more. */
export function closedLots({ closed_for_bids, lots }: Pick<View, "closed_for_bids" | "lots">): string[] {
  return Object.entries(lots)
    .filter(([, { stage }]) => closed_for_bids || !["bidding", "preparing"].includes(stage))
    .map(([id]) => id);
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
