/**
 * The feed, asked for again and again, while the network lets no WebSocket
 * through: some company proxies do not. Everything goes on by it, a little later.
 */
import { api, data, type Schemas } from "@/api";

/** How often to ask, ms; each page a little differently. */
export const EVERY = 3_000;
/** An answer that takes longer than this, ms, does not come. */
const PATIENCE = 20_000;

export interface Told {
  item(item: Schemas["FeedItem"]): void;
  /** The feed is shorter than what is known of it: another viewer's, who begins anew. */
  shorter(): void;
  /** Whether the last question was answered. */
  answered(is: boolean): void;
  after(): number;
}

export class Polling {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private run = 0;

  constructor(
    private readonly project: string,
    private readonly told: Told,
  ) {}

  get on(): boolean {
    return this.run > 0 && this.timer !== undefined;
  }

  start(): void {
    if (this.on) return;
    this.run += 1;
    this.next(this.run, 0);
  }

  stop(): void {
    this.run += 1;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private next(run: number, pause: number): void {
    this.timer = setTimeout(() => void this.ask(run), pause);
  }

  private async ask(run: number): Promise<void> {
    let more = false;
    try {
      const after = this.told.after();
      const path = { path: { id: this.project }, query: { after } };
      const page = await data(api.GET("/api/v1/projects/{id}/feed", { params: path, signal: AbortSignal.timeout(PATIENCE) }));
      if (run !== this.run) return;
      this.told.answered(true);
      if (page.next < after) return this.told.shorter();
      for (const item of page.items) this.told.item(item);
      more = page.items.length > 0;
    } catch {
      if (run !== this.run) return;
      this.told.answered(false);
    }
    // What is longer than a page is fetched on at once.
    if (run === this.run) this.next(run, more ? 0 : EVERY * (0.75 + Math.random() / 2));
  }
}
