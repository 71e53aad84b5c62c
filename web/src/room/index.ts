/**
 * A project's room on this page: the server's view of it for the caller, kept
 * current by the live feed, and the feed itself as the log.
 */
import { onScopeDispose, type Ref, ref, type ShallowRef, shallowRef } from "vue";
import { api, data, Refused } from "@/api";
import { compare } from "./clock";
import { type Connection, Live } from "./live";
import { apply, type FeedItem, type View } from "./reducer";

export type { AnyBody, FeedItem, Kind, LotView, PartyView, View } from "./reducer";

export interface Room {
  /** The project as the caller may see it; null until it is there. */
  readonly view: ShallowRef<View | null>;
  /** Everything the caller was told, in order. */
  readonly log: ShallowRef<readonly FeedItem[]>;
  readonly connection: Ref<Connection>;
  /** Why there is no view. */
  readonly problem: ShallowRef<Refused | null>;
  refresh(): Promise<void>;
}

/** How long to gather news before the view is fetched again, ms. */
const GATHER = 250;
/** All pages hear the same news at once, so their questions are spread over this time, ms. */
const SPREAD = 500;

class OpenRoom implements Room {
  readonly view = shallowRef<View | null>(null);
  readonly log = shallowRef<readonly FeedItem[]>([]);
  readonly connection = ref<Connection>("connecting");
  readonly problem = shallowRef<Refused | null>(null);
  users = 0;
  private live: Live | undefined;
  private fetching: Promise<void> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wanted = false;
  private shown: FeedItem[] = [];
  private drawing = false;
  private age = 0;

  constructor(private readonly project: string) {
    this.start();
  }

  /** From the beginning: at first, and when another person looks, who is shown nothing of what the former one was. */
  start(samePerson = false): void {
    this.stop();
    this.age += 1;
    this.shown = [];
    this.log.value = [];
    // A screen stays up with its forms and whatever is typed in them, until the next view is there.
    if (!samePerson) this.view.value = null;
    this.problem.value = null;
    void this.refresh();
    this.live = new Live(this.project, {
      after: () => this.shown.length,
      connection: (state) => {
        if ((state === "live" || state === "polling") && this.connection.value === "lost") this.fetchSoon(0);
        this.connection.value = state;
      },
      shorter: () => this.start(true),
      message: (message) => {
        if (message.type === "item") this.hear(message);
        else compare(message.now, message.steady);
        if (message.type === "hello" && message.after < this.shown.length) this.start(true);
      },
    });
  }

  stop(): void {
    this.live?.stop();
    this.live = undefined;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  refresh(): Promise<void> {
    this.wanted = true;
    this.fetching ??= this.fetchAll().finally(() => {
      this.fetching = undefined;
    });
    return this.fetching;
  }

  /** Fetches the view, and once more if something happened meanwhile. */
  private async fetchAll(): Promise<void> {
    while (this.wanted) {
      this.wanted = false;
      const age = this.age;
      try {
        const path = { params: { path: { id: this.project } } };
        const fetched = await data(api.GET("/api/v1/projects/{id}", path));
        if (age === this.age) this.take(fetched);
      } catch (error) {
        if (age !== this.age || !(error instanceof Refused)) continue;
        // A view that is there stays, because an old one is better than none.
        if (!this.view.value || error.status === 403 || error.status === 404) this.problem.value = error;
        if (error.status === 0 || error.status >= 500 || error.status === 408 || error.status === 429) this.fetchSoon(2_000);
      }
    }
  }

  private take(fetched: View): void {
    let view = fetched;
    for (const item of this.shown.slice(fetched.feed)) view = apply(view, item).view;
    this.problem.value = null;
    this.view.value = view;
  }

  private hear(item: FeedItem): void {
    if (item.n !== this.shown.length + 1) return;
    this.shown.push(item);
    this.draw();
    const view = this.view.value;
    if (!view) {
      if (!this.fetching) this.fetchSoon(GATHER);
      return;
    }
    if (item.n <= view.feed) return;
    const applied = apply(view, item);
    if (applied.view !== view) this.view.value = applied.view;
    if (applied.stale) this.fetchSoon(GATHER + Math.random() * SPREAD);
  }

  /** The log changes once a frame, however much arrives. */
  private draw(): void {
    if (this.drawing) return;
    this.drawing = true;
    setTimeout(() => {
      this.drawing = false;
      this.log.value = this.shown.slice();
    }, 16);
  }

  private fetchSoon(after: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.refresh();
    }, after);
  }
}

const rooms = new Map<string, OpenRoom>();

/** The room of a project, for as long as a component uses it. */
export function useRoom(project: string): Room {
  let room = rooms.get(project);
  if (!room) {
    room = new OpenRoom(project);
    rooms.set(project, room);
  }
  room.users += 1;
  const used = room;
  onScopeDispose(() => {
    used.users -= 1;
    // The room is kept for a moment, because the next screen often shows the
    // same one.
    setTimeout(() => {
      if (used.users > 0 || rooms.get(project) !== used) return;
      rooms.delete(project);
      used.stop();
    }, 1_000);
  });
  return room;
}

/** Starts all rooms again after a login or logout, because another viewer is told other things; one person with other rights, too. */
export function restartRooms(samePerson: boolean): void {
  for (const room of rooms.values()) room.start(samePerson);
}
