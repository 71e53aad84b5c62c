/**
 * Events as the supervisor reads them: what stands in an event's facts and
 * details (docs/spec/events.md), brought into one flat shape for lists,
 * filters and the timeline.
 */
import type { Schemas } from "@/api";

type EventView = Schemas["EventView"];

/** Facts of any kind; which members are there depends on the kind. */
export interface What {
  kind: string;
  lot?: string;
  lots?: (string | { lot: string })[];
  party?: string;
  bid?: string;
  [member: string]: unknown;
}

interface Author {
  name?: string;
  person?: string;
  certificate?: string;
  authority?: string;
  link?: string;
}

interface SignedBody {
  body: string;
  signature?: { algorithm: string; chain: string[]; value: string };
}

/** One event, flat. */
export interface Told {
  seq: number;
  time: number;
  kind: string;
  /** In what capacity it was done. */
  by: string;
  what: What;
  lots: string[];
  author?: Author;
  signed?: SignedBody;
  extra?: Record<string, unknown>;
  /** What a person gave as text or reason. */
  text: string;
  shell: string;
  /** As it was served, with what opens its shell. */
  served?: EventView;
}

/** The parts of an opening, by which events are filtered. */
export const GROUPS = [
  "preparing",
  "bidding",
  "checking",
  "unlocking",
  "releasing",
  "announcing",
  "objections",
  "record",
  "room",
  "orders",
  "platform",
] as const;
type Group = (typeof GROUPS)[number];

const KINDS: Record<Group, string[]> = {
  preparing: [
    "drafted",
    "edited",
    "key_certified",
    "custodian_invited",
    "published",
    "clarified",
    "terms_amended",
    "postponed",
    "cancelled",
  ],
  bidding: ["bid_received", "bid_withdrawn", "submission_refused", "evidence_capped", "refusals_counted", "signed_in", "sign_in_allowed"],
  checking: ["deadline_reached", "deposit_marked", "bid_refused", "list_published", "lot_failed"],
  unlocking: [
    "window_started",
    "window_extended",
    "unlocked",
    "unlock_failed",
    "rescue_asked",
    "rescue_ordered",
    "rescue_shared",
    "rescued",
  ],
  releasing: ["accepted_fixed", "released", "release_extended", "release_closed", "opened", "opening_closed", "document_opened"],
  announcing: [
    "announced",
    "mask_lifted",
    "reference_revealed",
    "line_confirmed",
    "line_disputed",
    "finding_made",
    "custodian_found",
    "finding_confirmed",
    "finding_overruled",
    "fault_confirmed",
    "fault_overruled",
  ],
  objections: [
    "objections_opened",
    "objected",
    "no_objection",
    "replied",
    "objections_closed",
    "complained",
    "complaint_taken_up",
    "complaint_declined",
    "complaint_answered",
  ],
  record: ["record_made", "correction_asked", "record_signed", "countersigned", "closed", "rated"],
  room: [
    "help_asked",
    "help_answered",
    "said",
    "asked",
    "answered",
    "line_remarked",
    "absence_marked",
    "said_privately",
    "muted",
    "unmuted",
  ],
  orders: ["suspended", "resumed", "remarked", "terminated", "operator_changed", "quorum_ordered"],
  platform: ["statement_signed", "quorum_reached", "outage_noted"],
};

const GROUP_OF = new Map(Object.entries(KINDS).flatMap(([group, kinds]) => kinds.map((kind) => [kind, group as Group] as const)));

export function groupOf(kind: string): Group {
  return GROUP_OF.get(kind) ?? "platform";
}

/** Events that are evidence of something gone wrong. */
const TROUBLE = new Set([
  "unlock_failed",
  "submission_refused",
  "evidence_capped",
  "bid_refused",
  "lot_failed",
  "outage_noted",
  "suspended",
  "terminated",
  "line_disputed",
  "objected",
  "complained",
  "help_asked",
  "rescue_asked",
  "release_extended",
  "release_closed",
  "opening_closed",
  "finding_made",
  "custodian_found",
]);

export function isTrouble(told: Told): boolean {
  if (TROUBLE.has(told.kind)) return true;
  const any = (list: unknown) => Array.isArray(list) && list.length > 0;
  return told.kind === "released" && (any(told.what["wrong"]) || any(told.what["withheld"]));
}

/** An event of the API, flat. */
export function read(event: EventView): Told {
  const facts = event.facts as unknown as { by: string; what: What };
  const details = (event.details ?? {}) as { author?: Author; signed?: SignedBody; extra?: Record<string, unknown> };
  const { what } = facts;
  return {
    seq: event.seq,
    time: event.time,
    kind: what.kind,
    by: facts.by,
    what,
    lots: lotsOf(what),
    author: details.author,
    signed: details.signed,
    extra: details.extra,
    text: textOf(details.signed, details.extra),
    shell: event.shell,
    served: event,
  };
}

/** The number of the event that bears the act, where one act made several and this is not the first. */
export function bearerOf({ extra }: Told): number | undefined {
  const bearer = extra?.["extra"] === "item" ? extra["bearer"] : undefined;
  return typeof bearer === "number" ? bearer : undefined;
}

function lotsOf(what: What): string[] {
  if (typeof what.lot === "string") return [what.lot];
  const rules = what["rules"] as { lot?: string } | undefined;
  if (rules?.lot) return [rules.lot];
  return (what.lots ?? []).map((it) => (typeof it === "string" ? it : it.lot));
}

function textOf(signed: SignedBody | undefined, extra: Record<string, unknown> | undefined): string {
  // One of the events of an act on several bidders has the words that are about its own.
  if (extra?.["extra"] === "item") return typeof extra["note"] === "string" ? extra["note"] : "";
  if (!signed) return "";
  try {
    const body = JSON.parse(signed.body) as Record<string, unknown>;
    const parts = [body["title"], body["text"], body["reason"], body["remark"], body["note"], body["comment"]];
    return parts.filter((it): it is string => typeof it === "string" && it !== "").join(" · ");
  } catch {
    return "";
  }
}

export interface Filter {
  group: Group | "";
  by: string;
  lot: string;
  /** Looks in texts, names, numbers. */
  words: string;
  troubleOnly: boolean;
  /** Nothing later than this event: the cursor. */
  until: number;
}

export const EVERYTHING: Filter = { group: "", by: "", lot: "", words: "", troubleOnly: false, until: Number.POSITIVE_INFINITY };

/** The events that a filter lets through; `nameOf` tells a party's name. */
export function filtered(events: readonly Told[], filter: Filter, nameOf: (party: string) => string): Told[] {
  const words = filter.words.trim().toLowerCase();
  return events.filter((told) => {
    if (told.seq > filter.until) return false;
    if (filter.group && groupOf(told.kind) !== filter.group) return false;
    if (filter.by && told.by !== filter.by) return false;
    if (filter.lot && told.lots.length > 0 && !told.lots.includes(filter.lot)) return false;
    if (filter.troubleOnly && !isTrouble(told)) return false;
    if (!words) return true;
    const party = told.what.party ? nameOf(told.what.party) : "";
    const where = [String(told.seq), told.kind, told.text, party, told.what.bid ?? "", told.author?.name ?? "", told.author?.person ?? ""];
    return where.some((text) => text.toLowerCase().includes(words));
  });
}
