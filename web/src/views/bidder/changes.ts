/** What a person has seen of a project's clarifications and postponements, on this device. */
import { computed, reactive, type Ref, watchEffect } from "vue";
import type { View } from "@/room";

type Change = NonNullable<View["changes"]>[number];

const read = reactive<Record<string, string[]>>({});
const name = (project: string) => `kaibiao.read ${project}`;
const keyOf = (change: Change) => `${change.kind} ${change.time} ${change.lot ?? ""}`;

function known(project: string): string[] {
  if (!read[project]) {
    let kept: unknown;
    try {
      kept = JSON.parse(localStorage.getItem(name(project)) ?? "[]");
    } catch {
      kept = [];
    }
    read[project] = Array.isArray(kept) ? kept.map(String) : [];
  }
  return read[project] ?? [];
}

/** Changes that nobody has acknowledged here, the oldest first. */
export function unread(project: string, view: Pick<View, "changes"> | null): Change[] {
  const seen = known(project);
  return (view?.changes ?? []).filter((it) => !seen.includes(keyOf(it)));
}

export function acknowledge(project: string, changes: readonly Change[]): void {
  read[project] = [...new Set([...known(project), ...changes.map(keyOf)])];
  try {
    localStorage.setItem(name(project), JSON.stringify(read[project]));
  } catch {
    // Kept for as long as the page lives, then.
  }
}

// Another tab acknowledged.
if (typeof window !== "undefined")
  window.addEventListener("storage", (event) => {
    if (event.key?.startsWith("kaibiao.read ")) delete read[event.key.slice("kaibiao.read ".length)];
  });

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
