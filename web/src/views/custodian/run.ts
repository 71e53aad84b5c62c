/** What a custodian begins: its certificate does not lock itself meanwhile, and of many it is told how far it is. */
import { ref } from "vue";
import { useSession } from "@/session";
import { useAttempt } from "@/ui/attempt";
import type { Told } from "./many";

export function useRun() {
  const session = useSession();
  const { busy, problem, attempt } = useAttempt();
  const at = ref({ done: 0, total: 0 });
  const told: Told = (now) => {
    at.value = now;
  };

  /** Does it, and tells whether it was done; what went wrong stands in `problem`. */
  const run = (work: () => Promise<unknown>): Promise<boolean> =>
    attempt(async () => {
      const stay = session.keepUnlocked("unlock");
      try {
        await work();
      } finally {
        stay();
      }
    });

  return { busy, problem, at, told, run };
}
