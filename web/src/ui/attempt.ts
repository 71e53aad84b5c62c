/** Something that is done at the press of a button and may fail: while it runs, and what went wrong. */
import { ref, shallowRef } from "vue";
import { CryptoFailure } from "@/crypto/failure";

export function useAttempt() {
  const busy = ref(false);
  const problem = shallowRef<unknown>();

  /** Does it, and tells whether it was done; not while the former one runs. A person who changed their mind is no problem. */
  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    problem.value = undefined;
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof CryptoFailure && error.code === "cancelled")) problem.value = error;
      return false;
    } finally {
      busy.value = false;
    }
  }

  return { busy, problem, attempt };
}
