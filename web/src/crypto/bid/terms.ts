/** A lot's sealing terms, believed only after the client's own checks (docs/spec/terms.md, 2). */
import type { AcceptedAct, Failure } from "../contract";
import { intl, loadSuite, suiteNamed, type SuiteName } from "../suite";
import { policyOf } from "../tlog/policy";
import { actDigest, checkActByKey, checkAgain, since } from "./act";
import { NotCanonical, readCanonical } from "./canonical";
import { hex, text, unbase64, utf8 } from "./encoding";
import { CryptoFailure, fail, failureOf } from "./failure";
import { labelled } from "./hash";
import type { SealTerms } from "./seal";
import { sm2Point } from "./second";
import { Misshapen, read, type Reader } from "./shape";
import {
  agentCertifyShape,
  amendShape,
  authoriseAgentShape,
  certifyKeyShape,
  publishShape,
  termsShape,
  type Custodian,
  type SealingTerms,
} from "./terms-shape";
import { isAlike } from "./text";
import type { Bytes, Hex, Judge, Millis } from "./types";
import { keyId } from "./wrap";

export type { Custodian, Named, SealingTerms, Stays } from "./terms-shape";

/** Terms as parsed, not yet believed. */
export interface Terms {
  bytes: Bytes;
  digest: Hex;
  content: SealingTerms;
}

/** Strict: exact bytes as served, every member known, a version that this program understands. */
export function parseTerms(source: Bytes | string): Terms {
  const bytes = typeof source === "string" ? utf8(source) : source;
  let content: SealingTerms;
  try {
    content = read(termsShape, readCanonical(text(bytes) ?? fail("terms-malformed", { at: "UTF-8" })));
  } catch (error) {
    if (error instanceof Misshapen) throw new CryptoFailure("terms-malformed", { at: error.at });
    if (error instanceof NotCanonical) throw new CryptoFailure("terms-malformed", { at: "JSON" });
    throw error;
  }
  if (content.version !== 1 || !isSuite(content.suite) || content.envelopes !== 1) fail("terms-version");
  return { bytes, digest: hex(labelled("kaibiao/1 terms", bytes)), content };
}

function isSuite(name: string): name is SuiteName {
  return name === "intl" || name === "gm";
}

/** How far two honest clocks may be apart, in milliseconds. */
export const CLOCKS_DIFFER = 120_000;

/**
 * Thresholds, custodians' keys as they were certified, under one's own roots, no
 * one side alone. Tells which custodian's certificate calls it otherwise than the
 * terms, or would not be accepted any more: that is for the bidder to know, and no
 * reason not to seal.
 */
export async function checkTerms(terms: Terms, judge: Judge, now: Millis, asked?: { project: string; lot: string }): Promise<Failure[]> {
  await loadSuite(terms.content.suite);
  checkRules(terms, asked);
  const notes = await platformNotes(terms, judge, now);
  for (const custodian of terms.content.custodians) {
    notes.push(...(await checkCustodian(terms, custodian, judge, now)));
  }
  return notes;
}

/**
 * The same for a custodian that is about to release, under terms that each bid
 * names by their digest: what cannot be proved about another custodian is told,
 * and keeps nothing shut.
 */
export async function checkOwnTerms(terms: Terms, judge: Judge, now: Millis): Promise<Failure[]> {
  await loadSuite(terms.content.suite);
  checkRules(terms);
  const notes: Failure[] = [];
  for (const custodian of terms.content.custodians) {
    try {
      notes.push(...(await checkCustodian(terms, custodian, judge, now)));
    } catch (error) {
      notes.push(failureOf(error));
    }
  }
  return notes;
}

/** Everything about the terms but who certified the keys. */
function checkRules(terms: Terms, asked?: { project: string; lot: string }): void {
  const { content } = terms;
  if (asked && (content.project !== asked.project || content.lot !== asked.lot)) fail("terms-elsewhere");
  policyOf(content.trust);
  platformKey(content.trust.statement_key);
  platformKey(content.trust.receipt_key);
  if ((sm2Point(content.trust.sm2_chain) !== undefined) !== (content.suite === "gm")) fail("terms-platform-key");
  checkThresholds(content);
  const seen = new Set<Hex>();
  for (const [at, custodian] of content.custodians.entries()) {
    if (custodian.x !== at + 1) fail("terms-thresholds");
    const id = keyId(custodianKey(custodian, content.suite));
    if (seen.has(id)) fail("terms-same-key", { name: custodian.name });
    seen.add(id);
    // An agent that makes keys by itself makes those of both.
    const shared = content.custodians
      .slice(0, at)
      .some((other) => other.agent === custodian.agent && (other.authorised || custodian.authorised));
    if (custodian.agent !== undefined && shared) fail("terms-same-key", { name: custodian.name });
  }
  checkSides(content);
}

/**
 * Why none of this person's authorities vouches now for the platform's SM2 certificate. It
 * is believed because the host has signed the terms that name it.
 */
async function platformNotes({ content }: Terms, judge: Judge, now: Millis): Promise<Failure[]> {
  const chain = (content.trust.sm2_chain ?? []).flatMap((der) => unbase64(der) ?? []);
  if (chain.length === 0) return [];
  try {
    await judge.judge(chain, now, "sign");
    return [];
  } catch (error) {
    return [{ code: "platform-certificate", params: { reason: failureOf(error).code } }];
  }
}

/**
 * Without a majority, a server could show two groups of custodians two accepted
 * sets, with or without witnesses (docs/adr/0023). Any two majorities have a
 * member in common, who would see both.
 */
function checkThresholds({ custodians, release, rescue }: SealingTerms): void {
  const n = custodians.length;
  const possible = release > 0 && release <= n && 2 * release > n;
  if (!possible || (rescue !== undefined && (rescue <= release || rescue > n))) fail("terms-thresholds");
}

/** The side that an organisation is on: the tenderer and its agency count as one. */
function checkSides({ custodians, release, officials }: SealingTerms): void {
  const shares = new Map<string, number>();
  for (const { organisation } of custodians) {
    const host = [officials.tenderer, officials.agency].some((named) => named?.organisation === organisation);
    const side = host ? "host" : organisation;
    shares.set(side, (shares.get(side) ?? 0) + 1);
  }
  // A single custodian is a body alone, and never enough.
  if ([...shares.values()].some((count) => count >= release)) fail("terms-one-side");
}

async function checkCustodian(terms: Terms, custodian: Custodian, judge: Judge, now: Millis): Promise<Failure[]> {
  const { name, authorised } = custodian;
  if (authorised) return checkAuthorised(terms, { ...custodian, authorised }, judge, now);
  let certified: Awaited<ReturnType<typeof checkAgain>>;
  try {
    certified = await checkAgain(custodian.certified, placeOf(terms), judge);
    if (certified.at > now + CLOCKS_DIFFER) fail("too-early");
  } catch (error) {
    if (!(error instanceof CryptoFailure)) throw error;
    throw new CryptoFailure("terms-custodian", { name, reason: error.code });
  }
  const body = bodyOf(certifyKeyShape, "certify-key", certified.body);
  const own = certified.holder.organisation === custodian.organisation;
  const same = body?.key === custodian.key && body.agent === custodian.agent && isOfSuite(body, terms);
  if (!own || !same) fail("terms-custodian", { name, reason: "other" });
  const notes = nameNotes(custodian, certified.holder.name);
  const code = await since(custodian.certified, judge, now);
  if (code !== undefined) notes.push({ code: "custodian-since", params: { name, reason: code } });
  return notes;
}

type Authorised = Custodian & Required<Pick<Custodian, "authorised">>;

/** The longest authorisation, ms: 366 days. */
const LONGEST_AUTHORISATION = 366 * 86_400_000;

/** A key that the custodian's agent certified under a standing authorisation (docs/spec/terms.md, 9). */
async function checkAuthorised(terms: Terms, custodian: Authorised, judge: Judge, now: Millis): Promise<Failure[]> {
  const { authorised } = custodian;
  const { holder, signer } = await checkAuthorisation(terms, custodian, judge, now);
  await checkAgentsKey(terms, custodian, signer);
  const notes = nameNotes(custodian, holder.name);
  const code = await since(authorised.act, judge, now);
  if (code === undefined) return notes;
  // By this clock alone: revocations are told by whoever has an authority's newer lists.
  const before = await since(authorised.act, judge, authorised.at);
  const note = before === "certificate-expired" ? "authoriser-ended" : "authoriser-since";
  notes.push({ code: note, params: { name: custodian.name, reason: code } });
  return notes;
}

/** That the custodian's own certificate authorised this agent for this host, when the key was certified. */
async function checkAuthorisation({ content }: Terms, custodian: Authorised, judge: Judge, now: Millis) {
  const { name, authorised } = custodian;
  const refuse = (reason: string): never => fail("terms-authorisation", { name, reason });
  const place = { origin: content.trust.origin, project: "" };
  const signed = await checkAgain(authorised.act, place, judge).catch((error: unknown) => {
    if (!(error instanceof CryptoFailure)) throw error;
    return refuse(error.code);
  });
  if (signed.holder.organisation !== custodian.organisation) fail("terms-authorisation", { name, reason: "other" });
  const { agent, from, until, hosts } =
    bodyOf(authoriseAgentShape, "authorise-agent", signed.body) ?? fail("terms-authorisation", { name, reason: "other" });
  const signer = unbase64(agent);
  const ascending = hosts === undefined || hosts.every((host, at) => at === 0 || hosts[at - 1]! < host);
  const some = hosts === undefined || (hosts.length >= 1 && hosts.length <= 100);
  const bounded = from < until && until <= from + LONGEST_AUTHORISATION;
  if (signer?.length !== 32 || !intl.hasAnOwner(signer) || !bounded || !ascending || !some)
    return fail("terms-authorisation", { name, reason: "authorisation-form" });
  const { at } = authorised;
  if (signed.at > at || at < from || at >= until) fail("terms-authorisation", { name, reason: "not-then" });
  if (at > now + CLOCKS_DIFFER) fail("terms-authorisation", { name, reason: "too-early" });
  const host = [content.officials.tenderer, content.officials.agency];
  const forHost = hosts === undefined || host.some((it) => it !== undefined && hosts.includes(it.organisation));
  if (!forHost) fail("terms-authorisation", { name, reason: "other-host" });
  if (custodian.agent !== agent) fail("terms-authorisation", { name, reason: "other-agent" });
  return { holder: signed.holder, signer };
}

/** That the agent itself certified this project's key, under that authorisation. */
async function checkAgentsKey(terms: Terms, { name, key, agent, authorised, certified }: Authorised, signer: Bytes): Promise<void> {
  const byItself = certified.signature?.chain.length === 0 && certified.grounds === undefined;
  if (!byItself) fail("terms-custodian", { name, reason: "other" });
  const signed = await checkActByKey(certified, placeOf(terms), { kind: "ed25519", key: signer }).catch((error: unknown) => {
    if (!(error instanceof CryptoFailure)) throw error;
    throw new CryptoFailure("terms-custodian", { name, reason: error.code });
  });
  const body = bodyOf(agentCertifyShape, "certify-key", signed);
  const same = body?.key === key && body.agent === agent && body.authorisation === actDigest(authorised.act.body) && isOfSuite(body, terms);
  if (!same) fail("terms-custodian", { name, reason: "other" });
}

/** A point does not say its curve: no key is taken for one of a suite that its custodian did not name. */
const isOfSuite = ({ suite = "intl" }: { suite?: string }, { content }: Terms): boolean => suite === content.suite;

/** What the certificate calls a custodian, where that is not what the terms do: the name is what people go by. */
function nameNotes({ name, organisation }: Custodian, certified: string | undefined): Failure[] {
  if (certified === undefined) return [{ code: "custodian-nameless", params: { name, organisation } }];
  return isAlike(name, certified) ? [] : [{ code: "custodian-name", params: { name, organisation, certified } }];
}

/**
 * Checks that the host itself signed these terms: its `publish`, or the last
 * `amend` of this lot. Otherwise a server could show one victim terms of its
 * own.
 */
export async function checkPublication(terms: Terms, publication: AcceptedAct, judge: Judge): Promise<void> {
  const { content } = terms;
  let signed: Awaited<ReturnType<typeof checkAgain>>;
  try {
    // A notice stays signed when the certificate that signed it ends later.
    signed = await checkAgain(publication, placeOf(terms), judge);
  } catch (error) {
    throw new CryptoFailure("terms-unsigned", { reason: failureOf(error).code });
  }
  const host = [content.officials.tenderer, content.officials.agency];
  if (!host.some((named) => named?.organisation === signed.holder.organisation)) fail("terms-unsigned", { reason: "not-host" });
  const published = bodyOf(publishShape, "publish", signed.body)?.terms[content.lot];
  const amended = bodyOf(amendShape, "amend", signed.body);
  const digest = amended && amended.lot === content.lot ? amended.terms : published;
  if (digest !== terms.digest) fail("terms-unsigned", { reason: "other-terms" });
}

/** From checked terms to what sealing wants. `rescue`: whether the bidder wants one. */
export function sealTerms({ content, digest }: Terms, rescue: boolean): SealTerms {
  if (rescue && content.rescue === undefined) fail("rescue-not-allowed");
  return {
    project: content.project,
    lot: content.lot,
    digest,
    suite: content.suite as SuiteName,
    custodians: content.custodians.map((custodian) => custodianKey(custodian, content.suite)),
    release: content.release,
    rescue: rescue ? content.rescue! : null,
  };
}

/** The bidder's own encryption key first, then spares, each once. */
export function recipients(own: Bytes | undefined, spares: Bytes[]): Bytes[] {
  const seen = new Set<Hex>();
  const list = [...(own ? [own] : []), ...spares].filter((spki) => !seen.has(keyId(spki)) && seen.add(keyId(spki)));
  if (list.length > 8) fail("spares-too-many", { most: 7 });
  return list;
}

/** SPKI of a custodian's key, of the suite of the terms, which is there already. */
export function custodianKey({ key, name }: Custodian, suite: string): Bytes {
  const point = unbase64(key);
  return (point && suiteNamed(suite)?.custodyKeyOf(point)) ?? fail("terms-custodian", { name, reason: "key" });
}

/** Where signatures about these terms count. */
/** Whether a lot goes on when so many bids are unlocked: the same rule as the platform's, by the terms' own switches. */
export function goesOnWith(policy: Pick<Terms["content"]["policy"], "minimum" | "fails_after_unlock">, bids: number): boolean {
  return bids > 0 && (!policy.fails_after_unlock || bids >= policy.minimum);
}

export function placeOf({ content }: Terms): { origin: string; project: string } {
  return { origin: content.trust.origin, project: content.project };
}

function platformKey(key: string): Bytes {
  const bytes = unbase64(key);
  return bytes?.length === 32 ? bytes : fail("terms-platform-key");
}

/** A verified body as that act, or nothing. */
export function bodyOf<T>(shape: Reader<T>, act: string, body: Record<string, unknown>): T | undefined {
  if (body["act"] !== act) return undefined;
  try {
    return read(shape, body);
  } catch {
    return undefined;
  }
}
