/**
 * Locks the key when nobody is there. All tabs share one time until which it
 * stays unlocked; input in any of them moves it on.
 */

export type Reason = "upload" | "unlock" | "hall";

const MINUTE = 60_000;
/** Without input. */
export const USUAL = 15 * MINUTE;
/** In a hall while bids are being unlocked: waiting there is what people do. */
export const IN_HALL = 60 * MINUTE;
export const WARNING = MINUTE;

const UNTIL = "kaibiao.unlocked-until";
/** Input is written down this often at most. */
const GRAIN = 5_000;

export class Idle {
  private readonly reasons = new Map<symbol, Reason>();
  private written = 0;

  constructor(private readonly now: () => number = Date.now) {}

  /** Notes that somebody is there. */
  touch(): void {
    if (this.now() - this.written < GRAIN) return;
    this.extend();
  }

  /** Moves the time of locking on, counted from now. */
  extend(): void {
    this.written = this.now();
    const until = this.written + (this.holds("hall") ? IN_HALL : USUAL);
    if (until > this.until) localStorage.setItem(UNTIL, String(until));
  }

  /** Keeps the key unlocked; call the answer when it is over. */
  hold(reason: Reason): () => void {
    const own = Symbol(reason);
    this.reasons.set(own, reason);
    this.extend();
    return () => {
      this.reasons.delete(own);
    };
  }

  /** Milliseconds until the key locks itself; never while something runs. */
  left(): number {
    if (this.holds("upload") || this.holds("unlock")) this.touch();
    return this.until - this.now();
  }

  forget(): void {
    localStorage.removeItem(UNTIL);
    this.written = 0;
  }

  private get until(): number {
    return Number(localStorage.getItem(UNTIL) ?? 0);
  }

  private holds(reason: Reason): boolean {
    return [...this.reasons.values()].includes(reason);
  }
}
