/** Asks the server for something again and again; each answer stays until the next one is there. */
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from "vue";

interface Polled<T> {
  readonly data: ShallowRef<T | undefined>;
  readonly problem: ShallowRef<unknown>;
  readonly loading: Ref<boolean>;
  /** Once it resolves, what is there was asked for after this was called. */
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
  let next: Promise<void> | undefined;

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
      if (!stopped) timer = setTimeout(() => void poll(), every);
    }
  }

  function poll(): Promise<void> {
    if (!stopped) running ??= once();
    return running ?? Promise.resolve();
  }

  function refresh(): Promise<void> {
    if (!running) return poll();
    // What is under way was asked before, and may not know what the caller has just done.
    next ??= running.then(() => {
      next = undefined;
      return poll();
    });
    return next;
  }

  const wake = (): void => {
    if (document.visibilityState === "visible") void poll();
  };
  document.addEventListener("visibilitychange", wake);
  addEventListener("online", wake);
  onScopeDispose(() => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
    removeEventListener("online", wake);
  });
  void poll();
  return { data, problem, loading, refresh };
}
