/** What a person has read of a project's clarifications and postponements: kept on this device for that person alone. */
import { computed, type ComputedRef, onScopeDispose, ref, watch } from "vue";
import { vault } from "@/crypto/client";
import type { View } from "@/room";
import { useSession } from "@/session";

type Change = NonNullable<View["changes"]>[number];

const SHELF = "read";
const keyOf = (change: Change) => `${change.kind} ${change.time} ${change.lot ?? ""}`;

interface News {
  /** Changes that this person has not acknowledged here, the oldest first; none until that is known. */
  unread: ComputedRef<Change[]>;
  acknowledge(): Promise<void>;
}

export function useNews(project: () => string, view: () => Pick<View, "changes"> | null): News {
  const session = useSession();
  const read = ref<string[]>();
  const tabs = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("kaibiao-read");
  tabs?.addEventListener("message", () => void look());
  onScopeDispose(() => tabs?.close());
  dropFormer();

  const of = () => `${session.session?.certificate ?? ""} ${project()}`;

  /** What is kept is added to what was acknowledged before anything could be. */
  async function look(): Promise<void> {
    const whose = of();
    const kept = await vault()
      .kept(project(), SHELF)
      .catch(() => undefined);
    if (whose !== of()) return;
    const before = Array.isArray(kept) ? kept.map(String) : [];
    read.value = joined(before, read.value);
    if (session.key && read.value.length > before.length) await put();
  }

  /** Where it cannot be kept, it holds for as long as the page lives. */
  async function put(): Promise<void> {
    await vault()
      .keep(project(), [...(read.value ?? [])], SHELF)
      .catch(() => false);
  }

  watch(
    of,
    () => {
      read.value = undefined;
      void look();
    },
    { immediate: true },
  );
  watch(
    () => session.key !== null,
    (unlocked) => {
      if (unlocked) void look();
    },
  );

  const unread = computed(() => {
    const known = read.value;
    return known ? (view()?.changes ?? []).filter((it) => !known.includes(keyOf(it))) : [];
  });

  async function acknowledge(): Promise<void> {
    read.value = joined(read.value ?? [], unread.value.map(keyOf));
    await put();
    tabs?.postMessage("changed");
  }

  return { unread, acknowledge };
}

const joined = (one: readonly string[], other: readonly string[] = []): string[] => [...new Set([...one, ...other])];

/** An earlier page kept this in the clear, for whoever sat there: whose it was cannot be told, so all is to be read once more. */
function dropFormer(): void {
  if (typeof localStorage === "undefined") return;
  for (const name of Object.keys(localStorage)) if (name.startsWith("kaibiao.read ")) localStorage.removeItem(name);
}
