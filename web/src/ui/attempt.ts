/** Something that is done at the press of a button and may fail: while it runs, and what went wrong. */
import { ref, shallowRef } from "vue";

export function useAttempt() {
  const busy = ref(false);
  const problem = shallowRef<unknown>();

  /** Does it, and tells whether it was done; not while the former one runs. */
  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    problem.value = undefined;
    try {
      await work();
      return true;
    } catch (error) {
      problem.value = error;
      return false;
    } finally {
      busy.value = false;
    }
  }

  return { busy, problem, attempt };
}
