/** The room of the past under the player's cursor, through somebody's eyes: the scene, and what it had been told by then. */
import { computed, type ComputedRef, type Ref, ref, type ShallowRef, shallowRef, watch } from "vue";
import { api, data, type Schemas } from "@/api";
import type { FeedItem } from "@/room";
import type { Cursor } from "./player";

export type Scene = Schemas["ReplayScene"];
type Heard = Schemas["ReplayItem"];

/** Scenes that are kept, so that stepping back and forth asks for nothing. */
const KEPT = 100;

export interface Then {
  /** The last scene that came; while another is asked for it stays. */
  readonly scene: ShallowRef<Scene | undefined>;
  /** What the onlooker had been told by then, as the live room's log. */
  readonly log: ComputedRef<readonly FeedItem[]>;
  /** The event that an item of the log tells of. */
  eventOf(n: number): number | undefined;
  readonly busy: Ref<boolean>;
  readonly problem: ShallowRef<unknown>;
  again(): void;
}

/** `exact`: whether the instant counts, and not the event alone; it does not while the cursor runs. */
export function useThen(
  project: string,
  cursor: Readonly<Ref<Cursor | undefined>>,
  onlooker: Readonly<Ref<string>>,
  exact: Readonly<Ref<boolean>>,
): Then {
  const scene = shallowRef<Scene>();
  const heard = shallowRef<readonly Heard[]>([]);
  const busy = ref(false);
  const problem = shallowRef<unknown>();
  const kept = new Map<string, Scene>();
  const feeds = new Map<string, { items: Heard[]; next: number }>();
  let asking = false;
  /** When each event was, as scenes have told: an event's own instant needs no other scene. */
  const times = new Map<number, number>();

  function wanted(): { as: string; at: string; seq: number } | undefined {
    const place = cursor.value;
    if (!place) return undefined;
    const between = exact.value && place.now > (times.get(place.seq) ?? place.now);
    return { as: onlooker.value, at: between ? new Date(place.now).toISOString() : String(place.seq), seq: place.seq };
  }

  /** Asks for what is wanted last, and once more if that has changed meanwhile. */
  async function follow(): Promise<void> {
    if (asking) return;
    asking = true;
    busy.value = true;
    try {
      for (let shown = ""; ; ) {
        const it = wanted();
        const key = it && `${it.as} ${it.at}`;
        if (!it || key === shown) break;
        const [found] = await Promise.all([take(`${key}`, it.as, it.at), listen(it.as, it.seq)]);
        scene.value = found;
        heard.value = feeds.get(it.as)?.items ?? [];
        shown = `${key}`;
      }
      problem.value = undefined;
    } catch (error) {
      problem.value = error;
    } finally {
      asking = false;
      busy.value = false;
    }
  }

  async function take(key: string, as: string, at: string): Promise<Scene> {
    const known = kept.get(key);
    if (known) return known;
    const found = await data(api.GET("/api/v1/projects/{project}/replay", { params: { path: { project }, query: { as, at } } }));
    times.set(found.seq, found.time);
    kept.set(key, found);
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return found;
  }

  async function listen(as: string, seq: number): Promise<void> {
    let feed = feeds.get(as);
    if (!feed) feeds.set(as, (feed = { items: [], next: 0 }));
    while (feed.next < seq) {
      const query = { as, after: feed.next };
      const page = await data(api.GET("/api/v1/projects/{project}/replay/feed", { params: { path: { project }, query } }));
      feed.items = [...feed.items, ...page.items];
      if (page.next <= feed.next) break;
      feed.next = page.next;
    }
  }

  const log = computed(() => {
    const until = scene.value?.seq ?? 0;
    return heard.value.flatMap(({ seq, time, kind, body }, at) => (seq <= until ? [{ n: at + 1, time, kind, body } as FeedItem] : []));
  });

  watch([cursor, onlooker, exact], () => void follow(), { immediate: true });
  return { scene, log, eventOf: (n) => heard.value[n - 1]?.seq, busy, problem, again: () => void follow() };
}
