/** Asks before this page is closed while something is on its way that it would cut. */
import { watch } from "vue";

export function warnWhile(busy: () => boolean): void {
  const ask = (event: BeforeUnloadEvent) => event.preventDefault();
  // A page that always listens is kept out of the browser's cache for going back.
  watch(
    busy,
    (now) => {
      if (now) globalThis.addEventListener?.("beforeunload", ask);
      else globalThis.removeEventListener?.("beforeunload", ask);
    },
    { immediate: true, flush: "sync" },
  );
}
