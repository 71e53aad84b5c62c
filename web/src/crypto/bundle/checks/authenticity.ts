/** Who did it (docs/spec/bundle.md, 6): steps 1 to 3, and of step 4 as much as needs no state. */
import { checkActByKey, checkAgain, readBody, type VerifyingKey } from "../../bid/act";
import { hex, unbase64, utf8 } from "../../bid/encoding";
import { digestOf, sha256 } from "../../bid/hash";
import { authoriseAgentShape } from "../../bid/terms-shape";
import { bodyOf } from "../../bid/terms";
import type { Bytes, Hex } from "../../bid/types";
import type { AcceptedAct } from "../../contract";
import { CryptoFailure, fail } from "../../bid/failure";
import { intl as suite } from "../../suite";
import { consentsOf, extraOf, type Consent, type Details } from "../details";
import { as, type Facts, type What } from "../facts";
import { Findings, type OnPart } from "../outcome";
import type { Reading } from "../reading";
import { mustBeSigned } from "./acts";
import { People } from "./people";

/** An event that somebody made, with its details. */
export interface Done {
  seq: number;
  time: number;
  facts: Facts;
  details: Details;
}

/** An act's body, whose members were not asked. */
export type Act = Record<string, unknown> & { act: string };

/** Whom a certificate speaks for. */
export interface Holder {
  organisation: string;
  name: string | undefined;
  certificate: Hex;
}

export async function authenticity(reading: Reading, onPart?: OnPart): Promise<Findings> {
  const findings = new Findings();
  const people = new People(reading);
  let isWhole = true;
  for (const [at, { facts, shell, details }] of reading.events.entries()) {
    onPart?.(at, reading.events.length);
    if (!facts || !shell) {
      isWhole = false;
      continue;
    }
    const isNobodys = facts.by === "time" || facts.by === "platform";
    if (!details) {
      // On what was erased nothing else rests.
      if (!reading.bundle.lines[at]?.erased) isWhole = false;
      if (!isNobodys) findings.told(false);
      continue;
    }
    if (isNobodys) continue;
    // In a public edition step 4 is not promised.
    findings.told(isWhole || reading.isPublic);
    const seq = at + 1;
    try {
      await judge(reading, people, { seq, time: shell.time, facts, details });
    } catch (error) {
      if (!(error instanceof CryptoFailure) || error.code === "ed25519-missing") throw error;
      findings.fail(error.code, { seq });
    }
  }
  return findings;
}

async function judge(reading: Reading, people: People, done: Done): Promise<void> {
  const act = ownAct(reading, done);
  const holder = act && (await signer(reading, done, act));
  people.judge(done, act, holder);
  if (act && !isOfKind(done.facts.what, act)) fail("act-unfit");
}

/** The act that an event bears; nothing of what bears none: a refused submission, and what follows another event of the same act. */
function ownAct(reading: Reading, done: Done): Act | undefined {
  const { signed } = done.details;
  const { act, what } = done.facts;
  const isRefused = what.kind === "submission_refused";
  if (act === undefined && !signed && (isRefused || follows(reading, done))) return undefined;
  if (!signed || (act === undefined && !isRefused)) return fail("act-missing");
  if (act !== undefined && digestOf(utf8(signed.body)) !== act) return fail("act-differs");
  return actIn(signed.body) ?? fail("act-malformed");
}

function actIn(body: string): Act | undefined {
  try {
    const act = readBody(body) as Act;
    return mustBeSigned(act.act) === undefined ? undefined : act;
  } catch (error) {
    if (error instanceof CryptoFailure) return undefined;
    throw error;
  }
}

/** Whether an event follows the one that bears its act, by the same author and without a gap. */
function follows(reading: Reading, { seq, facts, details }: Done): boolean {
  const item = extraOf(details, "item");
  const imported = !details.extra && facts.by === "machine" && as(facts.what, "deposit_marked") !== undefined;
  const bearer = item ? item.bearer : imported ? lastWithAct(reading, seq) : undefined;
  const first = bearer === undefined || bearer >= seq ? undefined : reading.events[bearer - 1];
  if (bearer === undefined || !first?.facts) return false;
  const sameAuthor = JSON.stringify(first.details?.author) === JSON.stringify(details.author);
  const bears = first.facts.act !== undefined && first.facts.what.kind === facts.what.kind && sameAuthor;
  const party = facts.what["party"];
  // Whom a machine's list names stands in its act by organisation, and not by handle.
  const named = partiesIn(first.details?.signed?.body);
  const isNamed = typeof party === "string" && (named ? named.includes(party) : facts.by === "machine");
  const between = reading.events.slice(bearer, seq - 1);
  return bears && isNamed && between.every((event) => event.facts && event.facts.act === undefined);
}

function lastWithAct({ events }: Reading, seq: number): number | undefined {
  for (let before = seq - 1; before >= 1; before--) {
    const facts = events[before - 1]?.facts;
    if (!facts || facts.act !== undefined) return before;
  }
  return undefined;
}

/** The bidders that an act on several names; nothing where it is no such act. */
function partiesIn(body: string | undefined): unknown[] | undefined {
  const others = body === undefined ? undefined : actIn(body)?.["others"];
  return Array.isArray(others) ? others.map((it: { party?: unknown } | null) => it?.party) : undefined;
}

/** How long before its event an act's certificate may have been judged, ms. */
const JUDGED_BEFORE = 120_000;

/** The signature under an event holds, where its act wants one; whom its certificate speaks for. */
async function signer(reading: Reading, done: Done, act: Act): Promise<Holder | undefined> {
  const { policy, project } = reading;
  const signed = done.details.signed as AcceptedAct;
  const place = { origin: policy.origin, project };
  for (const consent of consentsOf(done.details)) await consented(reading, done, signed, consent, place);
  if (!signed.signature) {
    // A complaint without a certificate is a body alone.
    const isStrangers = done.facts.what.kind === "complained" && done.facts.by === "public" && !done.details.author;
    return mustBeSigned(act.act) && !isStrangers ? fail("act-unsigned") : undefined;
  }
  if (signed.signature.chain.length === 0) {
    await checkActByKey(signed, place, (await agentsKey(reading, done, act)) ?? fail("signature-invalid"));
    return undefined;
  }
  const { holder, at } = await checkAgain(signed, place, reading.judge);
  // The last byte of a bid comes when it comes.
  const from = act.act === "submit" ? publishedAt(reading) : done.time - JUDGED_BEFORE;
  if (at < from || at > done.time) fail("grounds-time");
  byPath(signed);
  return { ...holder, certificate: leafDigest(signed.signature.chain) };
}

/** A member's signature over its lead's submission. */
async function consented(reading: Reading, done: Done, { body }: AcceptedAct, consent: Consent, place: Place): Promise<void> {
  const { author, signature, grounds } = consent;
  const own = { body, signature, ...(grounds ? { grounds } : {}) };
  const { holder, at } = await checkAgain(own, place, reading.judge);
  if (at < publishedAt(reading) || at > done.time) fail("grounds-time");
  byPath(own);
  if (holder.organisation !== author.organisation || leafDigest(signature.chain) !== author.certificate) fail("author-differs");
}
type Place = { origin: string; project: string };

/** The path that grounds name begins with the signer's certificate, and goes by those that came with the act or stand in the grounds, up to a root. */
function byPath({ signature, grounds }: AcceptedAct): void {
  if (!signature || !grounds) return;
  const known = [...signature.chain, ...(grounds.added ?? [])].map((der) => leafDigest([der]));
  const { path = [] } = grounds;
  if (path[0] !== known[0] || !path.slice(0, -1).every((it) => known.includes(it))) fail("grounds-path");
}

function leafDigest([leaf = ""]: string[]): Hex {
  return hex(sha256(unbase64(leaf) ?? fail("certificate-malformed")));
}

function publishedAt({ course }: Reading): number {
  return course.published?.time ?? Infinity;
}

/** The key of the agent that acts: the one of the terms in force, or of the authorisation by which it certifies a key. */
async function agentsKey(reading: Reading, { facts, details }: Done, act: Act): Promise<VerifyingKey | undefined> {
  const authorised = extraOf(details, "authorised")?.act;
  if (authorised) {
    const { body, holder } = await checkAgain(authorised, { origin: reading.policy.origin, project: "" }, reading.judge).catch(invalid);
    const agent = bodyOf(authoriseAgentShape, "authorise-agent", body)?.agent;
    const isIts = holder.organisation === details.author?.organisation;
    const isMeant = act.act === "certify-key" && act["authorisation"] === digestOf(utf8(authorised.body));
    return agent !== undefined && isIts && isMeant ? keyIn(agent) : undefined;
  }
  const agent = custodianOf(reading, facts.what)?.agent;
  return agent === undefined ? undefined : keyIn(agent);
}

/** What keeps an authorisation from being believed is a signature by nobody's key. */
function invalid(error: unknown): never {
  if (!(error instanceof CryptoFailure) || error.code === "ed25519-missing") throw error;
  return fail("signature-invalid");
}

function keyIn(text: string): VerifyingKey | undefined {
  const key: Bytes | undefined = unbase64(text);
  return key?.length === 32 && suite.hasAnOwner(key) ? { kind: "ed25519", key } : undefined;
}

/** The custodian that released or shared, by the terms in force. */
export function custodianOf({ course, terms }: Reading, what: What) {
  const told = as(what, "released") ?? as(what, "rescue_shared");
  const rules = told && course.lots.get(told.lot)?.rules;
  return rules && terms.get(rules.terms)?.custodians.find(({ x }) => x === told.x);
}

/** The act by which each kind comes about whose details everybody may read. */
const KINDS: Record<string, string | undefined> = {
  record_signed: "sign-record",
  countersigned: "countersign",
  postponed: "postpone",
  cancelled: "cancel",
  published: "publish",
  clarified: "clarify",
  terms_amended: "amend",
};

/** That an act is of the event's kind, and names what the facts name. */
function isOfKind(what: What, act: Act): boolean {
  const purpose = KINDS[what.kind];
  if (purpose === undefined) return true;
  if (act.act !== purpose) return false;
  const signed = as(what, "record_signed") ?? as(what, "countersigned");
  if (signed) return act["lot"] === signed.lot && act["record"] === signed.record;
  const postponed = as(what, "postponed");
  if (postponed) return act["t0"] === postponed.t0;
  const cancelled = as(what, "cancelled");
  if (cancelled && act["lot"] !== undefined) return cancelled.lots.length === 1 && cancelled.lots[0] === act["lot"];
  return true;
}
