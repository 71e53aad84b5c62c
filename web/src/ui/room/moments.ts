/** The course of an opening, made of the feed: one line for each thing that happened. */
import type { AnyBody, FeedItem, Kind } from "@/room";

export interface Moment {
  n: number;
  time: number;
  kind: Kind;
  /** Key below i18n `stages.kinds`. */
  key: string;
  body: AnyBody;
  /** A reason, where one was given. */
  text?: string;
}

/** Kinds that the messages show already, or that mean nothing to people. */
const LEFT_OUT: ReadonlySet<Kind> = new Set<Kind>([
  "progress",
  "bidders",
  "before_deadline",
  "document_opened",
  "said",
  "asked",
  "answered",
  "remarked",
  "replied",
  "rated",
  "said_privately",
  "complained",
  "complaint_declined",
]);
/** Kinds whose text stands elsewhere on the screen. */
const WITHOUT_TEXT: ReadonlySet<Kind> = new Set<Kind>([
  "outage_noted",
  "objected",
  "clarified",
  "help_asked",
  "help_answered",
  "line_disputed",
]);

/** Whether an item is of this lot, or of the whole project. */
export function concerns(item: FeedItem, lot: string | undefined): boolean {
  if (lot === undefined) return true;
  const body: AnyBody = item.body;
  if (body.lot) return body.lot === lot;
  const lots: unknown = body.lots;
  if (Array.isArray(lots)) return lots.length === 0 || lots.includes(lot);
  if (typeof lots === "object" && lots !== null) return lot in lots;
  return true;
}

/** What an outage is told as: by what it made later, for a lot or for all. */
export function outageKey({ t0, ends }: { t0?: number; ends?: number | Record<string, number> }, lot?: string): string {
  if (t0 !== undefined) return "outage_moved_t0";
  const moved = typeof ends === "object" ? (lot === undefined ? Object.keys(ends).length > 0 : lot in ends) : ends !== undefined;
  return moved ? "outage_moved" : "outage_noted";
}

/** The moments of a lot, or of all, in order. */
export function moments(log: readonly FeedItem[], lot?: string): Moment[] {
  return log
    .filter((item) => !LEFT_OUT.has(item.kind) && concerns(item, lot))
    .map((item) => ({
      n: item.n,
      time: item.time,
      kind: item.kind,
      key: keyOf(item, lot),
      body: item.body,
      text: WITHOUT_TEXT.has(item.kind) ? undefined : item.body.text || undefined,
    }));
}

function keyOf({ kind, body }: FeedItem, lot?: string): string {
  if (kind === "statement_signed" && body.lot) return "statement_signed_lot";
  if (kind === "opened" && body.outcome) return body.name ? "opened_one" : "opened_own";
  if (kind === "outage_noted") return outageKey(body, lot);
  if (kind === "lot_failed" && body.failure === "few_opened") return "lot_failed_opened";
  return kind;
}

/** The instant a body speaks of: T0, or the end of a window, of this lot where they differ. */
export function instant(body: AnyBody, lot?: string): number | undefined {
  if (typeof body.t0 === "number") return body.t0;
  if (typeof body.ends === "number") return body.ends;
  if (typeof body.ends === "object" && body.ends !== null) {
    const { ends } = body;
    return (lot !== undefined ? ends[lot] : undefined) ?? Object.values(ends)[0];
  }
  return undefined;
}

export interface Point {
  time: number;
  unlocked: number;
}

/** How many bids of a lot were unlocked, and when; from the start of its window to its end. */
export function unlockCourse(log: readonly FeedItem[], lot: string): Point[] {
  const points: Point[] = [];
  for (const item of log) {
    if (!concerns(item, lot)) continue;
    if (item.kind === "window_started") points.push({ time: item.time, unlocked: 0 });
    if (item.kind === "progress" && points.length > 0) {
      points.push({ time: item.time, unlocked: item.body.counts.unlocked });
    }
    if (item.kind === "accepted_fixed" && points.length > 0) points.push({ time: item.time, unlocked: points.at(-1)?.unlocked ?? 0 });
  }
  return points;
}
