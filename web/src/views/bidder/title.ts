/** Tells in the window's title that something is unread. */
import { computed, reactive, type Ref, watchEffect } from "vue";

const counts = reactive(new Map<symbol, number>());

/** Adds "(n)" to the window's title while something is unread on this page. */
export function useUnreadTitle(count: Ref<number>): () => void {
  const me = Symbol("unread");
  const total = computed(() => [...counts.values()].reduce((sum, it) => sum + it, 0));
  const stop = watchEffect(() => {
    counts.set(me, count.value);
    const plain = document.title.replace(/^\(\d+\) /, "");
    document.title = total.value ? `(${total.value}) ${plain}` : plain;
  });
  return () => {
    stop();
    counts.delete(me);
  };
}
