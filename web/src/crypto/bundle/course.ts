/**
 * What the facts say that became of lots and bids, taken as they stand: whether they
 * were lawful is for whoever replays the rules.
 */
import type { Hex, Millis } from "../bid/types";
import { as, type LotRules } from "./facts";
import type { Fact } from "./reading";

/** A bid as its event tells it. */
export interface Received {
  seq: number;
  time: Millis;
  lot: string;
  party: string;
  bid: Hex;
  terms: Hex;
  rescue: boolean;
}

export interface Lot {
  /** In force at the end. */
  rules: LotRules;
  masked: boolean;
  /** Whether its unlocking window began. */
  wasUnlocking: boolean;
  /** The live bids at T0. */
  closing: Hex[];
  refused: Set<Hex>;
  accepted: Hex[];
  /** Bids whose rescue was ordered. */
  rescues: Set<Hex>;
  /** What became of each bid. */
  outcomes: Map<Hex, string>;
  /** Bids of which a document did not open, by its segment. */
  documents: Map<Hex, Map<number, string>>;
  /** For each custodian what it answered. */
  releases: Map<number, Answers>;
  /** Announced parties in their order. */
  order: string[];
  opened: Map<string, Hex>;
  records: Hex[];
}

/** What a custodian answered for the accepted bids. */
export interface Answers {
  good: Set<Hex>;
  wrong: Set<Hex>;
  /** Reasons for none, one after the other, as canonical values. */
  withheld: Map<Hex, Record<string, unknown>[]>;
}

export interface Course {
  /** By id, ascending. */
  lots: Map<string, Lot>;
  received: Received[];
  published: { seq: number; time: Millis } | undefined;
  deadline: { seq: number; time: Millis; t0: Millis; lots: { lot: string; bids: Hex[] }[] } | undefined;
  t0: Millis | undefined;
}

export function readCourse(facts: Fact[]): Course {
  const lots = new Map<string, Lot>();
  const course: Course = { lots, received: [], published: undefined, deadline: undefined, t0: undefined };
  for (const fact of facts) {
    before(course, fact);
    during(course, fact);
  }
  course.lots = new Map([...lots].sort(([one], [other]) => (one < other ? -1 : 1)));
  return course;
}

/** Up to T0. */
function before(course: Course, { seq, time, facts: { what } }: Fact): void {
  const published = as(what, "published");
  if (published && !course.published) {
    course.published = { seq, time };
    course.t0 = published.t0;
    for (const rules of published.lots) course.lots.set(rules.lot, newLot(rules));
  }
  const amended = as(what, "terms_amended");
  const lot = amended && course.lots.get(amended.rules.lot);
  if (lot) Object.assign(lot, { rules: amended.rules, masked: amended.rules.masked });
  course.t0 = amended?.t0 ?? as(what, "postponed")?.t0 ?? as(what, "outage_noted")?.t0 ?? course.t0;
  const received = as(what, "bid_received");
  if (received) {
    const { lot, party, bid, terms, rescue } = received;
    course.received.push({ seq, time, lot, party, bid, terms, rescue });
  }
  const deadline = as(what, "deadline_reached");
  if (!deadline || course.deadline) return;
  course.deadline = { seq, time, ...deadline };
  for (const { lot, bids } of deadline.lots) {
    const closed = course.lots.get(lot);
    if (closed) closed.closing = bids;
  }
}

/** From T0 on. */
function during({ lots }: Course, { facts: { what } }: Fact): void {
  for (const id of as(what, "window_started")?.lots ?? []) ofLot(lots, id, (lot) => (lot.wasUnlocking = true));
  for (const id of as(what, "mask_lifted")?.lots ?? []) ofLot(lots, id, (lot) => (lot.masked = false));
  for (const { lot: id, parties } of as(what, "announced")?.lots ?? []) ofLot(lots, id, (lot) => (lot.order = parties));
  const lot = typeof what["lot"] === "string" ? lots.get(what["lot"]) : undefined;
  if (!lot) return;
  const refused = as(what, "bid_refused");
  if (refused) lot.refused.add(refused.bid);
  const ordered = as(what, "rescue_ordered");
  if (ordered) lot.rescues.add(ordered.bid);
  const rescued = as(what, "rescued");
  if (rescued && !rescued.matches) lot.outcomes.set(rescued.bid, "rescue_mismatch");
  lot.accepted = as(what, "accepted_fixed")?.bids ?? lot.accepted;
  const released = as(what, "released");
  if (released) answer(lot, released);
  for (const { bid, outcome, party } of as(what, "opened")?.results ?? []) {
    lot.outcomes.set(bid, outcome);
    if (outcome === "opened") lot.opened.set(party, bid);
  }
  if (as(what, "opening_closed"))
    for (const bid of lot.accepted) lot.outcomes.set(bid, isOpenable(lot, bid) ? "not_opened" : "shares_missing");
  const document = as(what, "document_opened");
  if (document) {
    const failed = lot.documents.get(document.bid) ?? new Map<number, string>();
    lot.documents.set(document.bid, failed);
    failed.delete(document.segment);
    if (document.outcome !== "opened") failed.set(document.segment, document.outcome);
  }
  const made = as(what, "record_made");
  if (made) lot.records.push(made.record);
}

function ofLot(lots: Map<string, Lot>, id: string, change: (lot: Lot) => void): void {
  const lot = lots.get(id);
  if (lot) change(lot);
}

function newLot(rules: LotRules): Lot {
  return {
    rules,
    masked: rules.masked,
    wasUnlocking: false,
    closing: [],
    refused: new Set(),
    accepted: [],
    rescues: new Set(),
    outcomes: new Map(),
    documents: new Map(),
    releases: new Map(),
    order: [],
    opened: new Map(),
    records: [],
  };
}

type Released = NonNullable<ReturnType<typeof as<"released">>>;

function answer(lot: Lot, { x, good, wrong, withheld = [] }: Released): void {
  const answers = lot.releases.get(x) ?? { good: new Set(), wrong: new Set(), withheld: new Map() };
  lot.releases.set(x, answers);
  for (const bid of good) answers.good.add(bid);
  for (const bid of wrong) answers.wrong.add(bid);
  for (const { bid, why } of withheld) answers.withheld.set(bid, [...(answers.withheld.get(bid) ?? []), why]);
}

/** Whether enough custodians gave a share of it that matched. */
function isOpenable(lot: Lot, bid: Hex): boolean {
  return [...lot.releases.values()].filter(({ good }) => good.has(bid)).length >= lot.rules.release;
}

/** Whether a bid did not open, a document of it did not, or a custodian answered otherwise than with a matching share. */
export function isContested(lot: Lot, bid: Hex): boolean {
  const outcome = lot.outcomes.get(bid);
  if (outcome === undefined) return false;
  const failed = lot.documents.get(bid)?.size ?? 0;
  return outcome !== "opened" || failed > 0 || [...lot.releases.values()].some((it) => saidOtherwise(it, bid));
}

/** A complaint of a wrap stays, whatever its custodian sent later. */
function saidOtherwise({ good, wrong, withheld }: Answers, bid: Hex): boolean {
  const accuses = withheld.get(bid)?.some((why) => why["reason"] !== "not-proved");
  return accuses || (!good.has(bid) && (wrong.has(bid) || withheld.has(bid)));
}
