/**
 * What the tabs of one browser session share: the name under which the
 * unlocked key is kept, and the news of a login, a lock or a logout. The name
 * lives in the tabs alone, so a new start of the browser does not know it.
 */

type News = { type: "login" } | { type: "logout" } | { type: "locked" };
type Letter = News | { type: "who" } | { type: "keep"; keep: string };

const KEPT = "kaibiao.keep";
/** How long to wait for another tab's answer, ms. */
const PATIENCE = 200;

export class Tabs {
  private readonly channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("kaibiao-session");
  private readonly waiting = new Set<(keep: string) => void>();

  constructor(hear: (news: News) => void) {
    this.channel?.addEventListener("message", ({ data }: MessageEvent<Letter>) => {
      if (data.type === "who") {
        const keep = this.keep;
        if (keep) this.post({ type: "keep", keep });
      } else if (data.type === "keep") {
        for (const wake of this.waiting) wake(data.keep);
      } else {
        hear(data);
      }
    });
  }

  /** The name in this tab, once there is one. */
  get keep(): string | null {
    return sessionStorage.getItem(KEPT);
  }

  /** The name, from here or from another tab of this browser; null when nobody has a key. */
  async find(): Promise<string | null> {
    const own = this.keep;
    if (own || !this.channel) return own;
    const found = await new Promise<string | null>((resolve) => {
      const heard = (keep: string) => done(keep);
      const timer = setTimeout(() => done(null), PATIENCE);
      const done = (keep: string | null) => {
        clearTimeout(timer);
        this.waiting.delete(heard);
        resolve(keep);
      };
      this.waiting.add(heard);
      this.post({ type: "who" });
    });
    if (found) sessionStorage.setItem(KEPT, found);
    return found;
  }

  /** The name for a key that is unlocked now. */
  make(): string {
    const keep = this.keep ?? crypto.randomUUID();
    sessionStorage.setItem(KEPT, keep);
    return keep;
  }

  forget(): void {
    sessionStorage.removeItem(KEPT);
  }

  tell(news: News): void {
    this.post(news);
  }

  private post(letter: Letter): void {
    this.channel?.postMessage(letter);
  }
}
