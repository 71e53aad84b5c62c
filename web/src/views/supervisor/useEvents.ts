/** A project's events, from T0 on, kept complete as the room goes on. */
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { api, data, Refused } from "@/api";
import type { FeedItem } from "@/room";
import { read, type Told } from "./events";

const PAGE = 500;
/** How long to gather news before asking for what it was, ms. */
const GATHER = 400;

export interface Events {
  readonly events: ShallowRef<readonly Told[]>;
  /** The tree's size and root, as the server tells them. */
  readonly size: Ref<number>;
  readonly root: Ref<string>;
  readonly problem: ShallowRef<unknown>;
  more(): Promise<void>;
}

export function useEvents(project: string, log: Readonly<Ref<readonly FeedItem[]>>, open: Readonly<Ref<boolean>>): Events {
  const events = shallowRef<readonly Told[]>([]);
  const size = ref(0);
  const root = ref("");
  const problem = shallowRef<unknown>();
  let running: Promise<void> | undefined;
  let again = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function more(): Promise<void> {
    again = true;
    running ??= fetchAll().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function fetchAll(): Promise<void> {
    while (again) {
      again = false;
      try {
        await fetchPages();
        problem.value = undefined;
      } catch (error) {
        problem.value = error;
        if (error instanceof Refused && (error.status === 0 || error.status >= 500)) soon(3_000);
      }
    }
  }

  async function fetchPages(): Promise<void> {
    for (;;) {
      const after = events.value.at(-1)?.seq ?? 0;
      const page = await data(api.GET("/api/v1/projects/{project}/events", { params: { path: { project }, query: { after } } }));
      size.value = page.size;
      root.value = page.root;
      if (page.events.length > 0) events.value = [...events.value, ...page.events.map(read)];
      if (page.events.length < PAGE) return;
    }
  }

  function soon(after: number): void {
    if (!open.value) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      void more();
    }, after);
  }

  watch([() => log.value.length, open], () => soon(events.value.length === 0 ? 0 : GATHER), { immediate: true });
  onScopeDispose(() => clearTimeout(timer));
  return { events, size, root, problem, more };
}
