/** The calls to the centre's desk of one's own organisation: what waits is asked for until it is answered. */
import { defineStore } from "pinia";
import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import { api, data, type Schemas } from "@/api";
import { vault } from "@/crypto/client";
import { useSession } from "@/session";

export type Call = Schemas["CallView"];

/** How often somebody who waits for an answer looks for it. */
const EVERY = 3_000;
/** For how long an answer is told until it is acknowledged. */
const TOLD = 3 * 24 * 3_600_000;
const SHELF = "calls";

export const useCalls = defineStore("calls", () => {
  const session = useSession();
  const calls = shallowRef<Call[]>([]);
  const problem = shallowRef<unknown>();
  const phone = ref<string>();
  const read = ref<string[]>([]);
  const told = ref(0);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;

  const may = computed(() => session.roles.length > 0);
  const isWaiting = computed(() => calls.value.some(isOpen));
  /** Answers that nobody here has acknowledged, the newest first. */
  const fresh = computed(() => calls.value.filter((it) => it.answered && told.value - it.answered < TOLD && !read.value.includes(it.call)));

  async function refresh(): Promise<void> {
    clearTimeout(timer);
    if (!may.value) return;
    const mine = (asked += 1);
    try {
      const list = await data(api.GET("/api/v1/calls"));
      if (mine !== asked) return;
      calls.value = list.calls;
      told.value = list.now;
      problem.value = undefined;
    } catch (error) {
      if (mine !== asked) return;
      problem.value = error;
    }
    if (isWaiting.value) timer = setTimeout(() => void refresh(), EVERY);
  }

  async function call(text: string, project?: string): Promise<void> {
    await session.act("", { act: "call-desk", text, ...(project ? { project } : {}) });
    await refresh();
  }

  /** Where no key is there to keep it by, it holds for as long as the page lives. */
  async function acknowledge(): Promise<void> {
    read.value = [...new Set([...read.value, ...fresh.value.map((it) => it.call)])];
    await vault()
      .keep(SHELF, [...read.value], SHELF)
      .catch(() => false);
  }

  async function takeUp(): Promise<void> {
    const kept = await vault()
      .kept(SHELF, SHELF)
      .catch(() => undefined);
    if (Array.isArray(kept)) read.value = [...new Set([...read.value, ...kept.map(String)])];
  }

  watch(
    () => [session.session?.certificate, may.value] as const,
    ([now], before) => {
      if (now !== before?.[0]) {
        calls.value = [];
        read.value = [];
      }
      asked += 1;
      void takeUp();
      void refresh();
    },
    { immediate: true },
  );
  watch(
    () => session.key !== null,
    (unlocked) => {
      if (unlocked) void takeUp();
    },
  );
  void session
    .platform()
    .then((platform) => (phone.value = platform.desk_phone))
    .catch(() => undefined);
  onScopeDispose(() => clearTimeout(timer));

  return { calls, fresh, isWaiting, may, phone, problem, acknowledge, call, refresh };
});

export const isOpen = (call: Call): boolean => call.answer === undefined;
