/** Asks the server for something again and again; each answer stays until the next one is there. */
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from "vue";

interface Polled<T> {
  readonly data: ShallowRef<T | undefined>;
  readonly problem: ShallowRef<unknown>;
  readonly loading: Ref<boolean>;
  refresh(): Promise<void>;
}

/** Asks every `every` ms; at once when the page or the network comes back. */
export function usePolled<T>(ask: () => Promise<T>, every: number): Polled<T> {
  const data = shallowRef<T>();
  const problem = shallowRef<unknown>();
  const loading = ref(false);
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;

  async function once(): Promise<void> {
    clearTimeout(timer);
    loading.value = true;
    try {
      data.value = await ask();
      problem.value = undefined;
    } catch (error) {
      problem.value = error;
    } finally {
      loading.value = false;
      running = undefined;
      if (!stopped) timer = setTimeout(() => void refresh(), every);
    }
  }

  function refresh(): Promise<void> {
    running ??= once();
    return running;
  }

  const wake = (): void => {
    if (document.visibilityState === "visible") void refresh();
  };
  document.addEventListener("visibilitychange", wake);
  addEventListener("online", wake);
  onScopeDispose(() => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
    removeEventListener("online", wake);
  });
  void refresh();
  return { data, problem, loading, refresh };
}
