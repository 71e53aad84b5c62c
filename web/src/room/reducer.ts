/**
 * Carries a project's view on from one item of the feed to the next.
 *
 * An item says what happened; the view is the server's, and stays the truth.
 * What comes in storms (a thousand bidders unlocking) is applied here; of all
 * else the view is merely called stale, and is fetched again. Applying an item
 * twice is the same as once, so items may overlap with a fetched view.
 */
import type { Schemas } from "@/api";
import type { paths } from "@/api/schema";

export type View = paths["/api/v1/projects/{id}"]["get"]["responses"][200]["content"]["application/json"];
export type LotView = View["lots"][string];
export type PartyView = NonNullable<LotView["parties"]>[number];
export type FeedItem = Schemas["FeedItem"];
export type Kind = FeedItem["kind"];
/** The body of an item of one kind. */
export type BodyOf<K extends Kind> = Extract<FeedItem, { kind: K }>["body"];

type Members<T> = T extends unknown ? keyof T : never;
type Member<T, K extends PropertyKey> = T extends unknown ? (K extends keyof T ? T[K] : never) : never;
/** A body of whichever kind: each member as the kinds that have it describe it. */
export type AnyBody = { [K in Members<FeedItem["body"]>]?: Member<FeedItem["body"], K> };

interface Applied {
  view: View;
  /** The item tells of something that the view shows and this cannot derive. */
  stale: boolean;
}

/** Items that are told to the room and kept in the log, of which the view holds nothing. */
const LOG_ONLY: ReadonlySet<Kind> = new Set<Kind>([
  "said",
  "remarked",
  "released",
  "withheld",
  "rated",
  "document_opened",
  "sign_in_allowed",
  "evidence_capped",
  "refusals_counted",
  "before_deadline",
  "bidders",
  "complained",
  "complaint_taken_up",
  "complaint_declined",
  "complaint_answered",
]);

export function apply(view: View, item: FeedItem): Applied {
  if (LOG_ONLY.has(item.kind)) return { view, stale: false };
  const body: AnyBody = item.body;
  const id = body.lot ?? "";
  const lot = view.lots[id];
  // The compiler does not see that the kind of the change is the body's.
  const change = CHANGES[item.kind] as Change | undefined;
  const changed = lot && change?.(lot, body);
  if (!changed) return { view, stale: true };
  if (changed === lot) return { view, stale: false };
  return { view: { ...view, lots: { ...view.lots, [id]: changed } }, stale: false };
}

/** The lot after the change, or nothing where it cannot be told. */
type Change = (lot: LotView, body: AnyBody) => LotView | undefined;

const CHANGES: { [K in Kind]?: (lot: LotView, body: BodyOf<K>) => LotView | undefined } = {
  progress: (lot, { counts }) => ({ ...lot, counts }),
  signed_in: (lot, body) => (lot.stage === "bidding" ? undefined : party(lot, body, () => ({ signed_in: true }))),
  unlocked: (lot, body) => party(lot, body, course({ unlocked: true, rescue_orderable: false })),
  deposit_marked: (lot, body) => party(lot, body, course({ deposit: body.deposit })),
  rescue_asked: (lot, body) => party(lot, body, course({ rescue_asked: true, rescue_orderable: true })),
  rescue_ordered: (lot, body) => party(lot, body, course({ rescue_ordered: true, rescue_orderable: false })),
  line_confirmed: (lot, body) => party(lot, body, () => ({ line: { disputed: false, seq: body.seq ?? 0 } })),
  line_disputed: (lot, body) => party(lot, body, () => ({ line: { disputed: true, seq: body.seq ?? 0 } })),
};

function course(change: Partial<NonNullable<PartyView["course"]>>): (known: PartyView) => Partial<PartyView> {
  return (known) => (known.course ? { course: { ...known.course, ...change } } : {});
}

/** The lot with one party changed: named by its handle, or by its bid to itself. */
function party(lot: LotView, body: AnyBody, change: (known: PartyView) => Partial<PartyView>): LotView | undefined {
  const parties = lot.parties ?? [];
  const at = parties.findIndex((it) => (body.party ? it.party === body.party : it.bid === body.bid));
  const known = parties[at];
  if (!known) return undefined;
  const next = parties.slice();
  next[at] = { ...known, ...change(known) };
  return { ...lot, parties: next };
}
