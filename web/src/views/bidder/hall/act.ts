/** One act of a form: busy while it runs, its problem afterwards. */
import { ref, shallowRef } from "vue";

export function useAct() {
  const busy = ref(false);
  const problem = shallowRef<unknown>(null);
  /** True when it was done; a person who changed their mind is no problem. */
  async function run(work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    problem.value = null;
    try {
      await work();
      return true;
    } catch (error) {
      const code = (error as { code?: string } | null)?.code;
      problem.value = code === "cancelled" ? null : error;
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, problem, run };
}
