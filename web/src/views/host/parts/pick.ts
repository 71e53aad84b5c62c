/** What a combobox of the register's organisations does as one types, apart from how it looks. */
import { computed, ref, shallowRef } from "vue";
import { debounce } from "../wizard/debounce";

interface Answer<E> {
  organisations: E[];
  more: boolean;
}

/** `ask` answers undefined where the register does not: what is typed counts as before. */
export function usePick<E>(ask: () => Promise<Answer<E> | undefined>) {
  const open = ref(false);
  const found = shallowRef<E[]>([]);
  const more = ref(false);
  /** Which one Enter takes; -1 is none, and what was typed stays. */
  const at = ref(-1);
  const shown = computed(() => open.value && found.value.length > 0);
  /** Answers to what is no longer asked are dropped. */
  let turn = 0;

  async function look(): Promise<void> {
    const mine = (turn += 1);
    const answer = await ask();
    if (mine !== turn) return;
    found.value = answer?.organisations ?? [];
    more.value = answer?.more ?? false;
    at.value = -1;
  }
  const lookSoon = debounce(() => void look(), 200);

  function typed(): void {
    open.value = true;
    lookSoon();
  }

  function show(): void {
    if (open.value) return;
    open.value = true;
    void look();
  }

  function close(): void {
    open.value = false;
    at.value = -1;
    turn += 1;
    lookSoon.cancel();
  }

  /** What a key does: the entry that it takes, or whether it was the combobox's. */
  function press(key: string): E | boolean {
    const count = found.value.length;
    if (key === "ArrowDown" || key === "ArrowUp") {
      if (!shown.value) show();
      else if (at.value < 0) at.value = key === "ArrowDown" ? 0 : count - 1;
      else at.value = (at.value + (key === "ArrowDown" ? 1 : count - 1)) % count;
      return true;
    }
    if (!shown.value) return false;
    if (key === "Escape") {
      close();
      return true;
    }
    const entry = key === "Enter" ? found.value[at.value] : undefined;
    if (entry === undefined) return false;
    close();
    return entry;
  }

  return { found, more, at, shown, typed, show, close, press };
}
