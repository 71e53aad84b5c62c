/** Facts of events as far as they are asked here, every member known (docs/spec/events.md). */
import {
  anything,
  array,
  boolean,
  digest,
  hexOf,
  integer,
  Misshapen,
  object,
  oneOf,
  read,
  string,
  type Read,
  type Reader,
} from "../bid/shape";
import type { Hex } from "../bid/types";
import { lotShape as lot, some } from "./form";

export type By = (typeof BY)[number];
const BY = ["administrator", "host", "centre", "supervisor", "bidder", "custodian", "machine", "platform", "time", "public"] as const;

const time = integer(Number.MIN_SAFE_INTEGER);
const party = hexOf(16);
const bids = array(digest);
const lots = array(lot);
const outcome = string;
const ofBid = { bid: digest, lot, party };

const rules = object(
  {
    custodians: integer(0, 255),
    fails_after_unlock: boolean,
    lot,
    masked: boolean,
    minimum: integer(),
    quorum: integer(0, 255),
    reading: string,
    release: integer(0, 255),
    stays: anything,
    terms: digest,
  },
  { reference: anything, rescue: integer(0, 255) },
);
export type LotRules = Read<typeof rules>;

/** Those whose members are asked here. */
const SHAPES = {
  published: object({ legal: anything, lots: array(rules), outage_moves_t0: boolean, t0: time }, { sign_in: integer() }),
  terms_amended: object({ number: integer(), rules, stale: bids }, { t0: time }),
  postponed: object({ number: integer(), t0: time }),
  cancelled: object({ lots }),
  bid_received: object({ ...ofBid, rescue: boolean, sequence: integer(), terms: digest }, { previous: digest }),
  submission_refused: object({ code: string, lot, party }, { bid: digest }),
  deadline_reached: object({ lots: array(object({ bids, lot })), t0: time }),
  statement_signed: object({ statement: digest }, { lot }),
  quorum_ordered: object({}, { lot }),
  deposit_marked: object({ deposit: string, lot, party }),
  bid_refused: object(ofBid),
  window_started: object({ ends: time, lots }),
  outage_noted: object({ cause: string, from: time, to: time }, { t0: time }),
  unlocked: object(ofBid),
  rescue_ordered: object(ofBid),
  rescue_shared: object({ ...ofBid, good: boolean, x: integer(0, 255) }),
  rescued: object({ ...ofBid, matches: boolean }),
  accepted_fixed: object({ bids, lot }),
  released: object({ good: bids, lot, wrong: bids, x: integer(0, 255) }, { withheld: some(array(object({ bid: digest, why: anything }))) }),
  opened: object({ lot, results: array(object({ bid: digest, outcome, party })) }),
  opening_closed: object({ lot }),
  document_opened: object({ bid: digest, lot, outcome, segment: integer() }),
  finding_made: object({ ...ofBid, cites: array(integer()), finding: string, rule: string }),
  finding_confirmed: object({ finding: string, lot, party }),
  finding_overruled: object({ finding: string, lot, party }),
  custodian_found: object({ bid: digest, cites: array(integer()), fault: string, lot, x: integer(0, 255) }),
  fault_confirmed: object({ bid: digest, fault: string, lot, x: integer(0, 255) }),
  fault_overruled: object({ bid: digest, lot, stands: boolean, x: integer(0, 255) }),
  announced: object({ lots: array(object({ lot, parties: array(party) })) }),
  mask_lifted: object({ lots }),
  line_confirmed: object(ofBid),
  line_disputed: object(ofBid),
  record_made: object({ lot, record: digest }, { corrects: digest, pdf: digest }),
  record_signed: object({ lot, record: digest }),
  countersigned: object({ lot, party, record: digest }),
  replied: object({ lot, objection: integer() }),
  answered: object({ lot, question: integer() }),
  help_answered: object({ help: integer(), lot }),
  complained: object({ lot }),
  complaint_taken_up: object({ complaint: integer(), lot }),
  complaint_declined: object({ complaint: integer(), lot }),
  complaint_answered: object({ complaint: integer(), lot }),
} as const;
type Shapes = typeof SHAPES;

/** The others, whose members are for the rules. */
const OTHERS = new Set(
  (
    "drafted edited key_certified custodian_invited clarified bid_withdrawn evidence_capped refusals_counted signed_in sign_in_allowed " +
    "operator_changed quorum_reached list_published lot_failed window_extended suspended resumed unlock_failed rescue_asked release_extended " +
    "release_closed objections_opened objected no_objection objections_closed correction_asked closed rated help_asked said asked remarked " +
    "line_remarked absence_marked said_privately muted unmuted reference_revealed terminated"
  ).split(" "),
);

export interface What {
  kind: string;
  [member: string]: unknown;
}

export interface Facts {
  act?: Hex;
  by: By;
  what: What;
}

const factsShape = object({ by: oneOf<By>(...BY), what: anything }, { act: digest });

/** Facts of a kind that is known; throws `Misshapen` for others. */
export function readFacts(value: unknown): Facts {
  const facts = read(factsShape, value);
  const { kind, ...members } = facts.what;
  if (typeof kind !== "string") throw new Misshapen(".what.kind");
  if (Object.hasOwn(SHAPES, kind)) (SHAPES[kind as keyof Shapes] as Reader<unknown>)(members, ".what");
  else if (!OTHERS.has(kind)) throw new Misshapen(".what.kind");
  return { ...facts, what: facts.what as What };
}

/** What happened, where it is of this kind. */
export function as<K extends keyof Shapes>(what: What, kind: K): Read<Shapes[K]> | undefined {
  return what.kind === kind ? (what as unknown as Read<Shapes[K]>) : undefined;
}

/** The one lot that an event is about, where it is about one. */
export function lotOf(what: What): string | undefined {
  const rules = as(what, "terms_amended")?.rules;
  if (rules) return rules.lot;
  return typeof what["lot"] === "string" ? what["lot"] : undefined;
}

/** The lots that it lists. */
export function lotsOf(what: What): string[] {
  if (what.kind === "deadline_reached" || !Array.isArray(what["lots"])) return [];
  return (what["lots"] as (string | { lot: string })[]).map((it) => (typeof it === "string" ? it : it.lot));
}

/** Complaints stay with the supervisor and whoever complained. */
export function isComplaint(what: What): boolean {
  return what.kind === "complained" || what.kind.startsWith("complaint_");
}
