/** The header of a sealed bid: four parts whose exact bytes are kept (docs/spec/sealed-bid.md, 2 to 6). */
import { intl, type Suite, type SuiteName, suiteNamed, type WrapKind, ready } from "../suite";
import { NotCanonical, canonicalBytes, readCanonical } from "./canonical";
import { base64, concat, hex, lp, unhex, utf8 } from "./encoding";
import { CryptoFailure, fail } from "./failure";
import { labelledBy } from "./hash";
import { LIMITS, ciphertextLength } from "./layout";
import { isOrganisationCode } from "./organisation";
import { Misshapen, array, bytes as base64Bytes, digest, integer, nullable, object, oneOf, pair, read, string, type Reader } from "./shape";
import type { Bytes, Hex, Millis, Organisation } from "./types";

interface Threshold {
  n: number;
  t: number;
}

export interface Context {
  bidder: Organisation;
  certificate: Hex;
  custodians: Hex[];
  envelopes: number[];
  format: string;
  lot: string;
  message: Hex;
  project: string;
  recipients: Hex[];
  release: Threshold;
  rescue: Threshold | null;
  suite: SuiteName;
  terms: Hex;
  time: Millis;
}

interface SegmentCommitment {
  ciphertext: Hex;
  key: Hex;
  length: number;
}

export interface EnvelopeCommitments {
  b: Hex;
  dek: Hex;
  plaintexts: [Hex, Hex];
  r: Hex;
  release: Hex[];
  rescue: Hex[];
  segments: SegmentCommitment[];
}

export type { WrapKind };

export interface Wrap {
  key: Hex;
  kind: WrapKind;
  value: Bytes;
}

export interface EnvelopeWraps {
  recipients: Wrap[];
  release: Wrap[];
  rescue: Wrap[];
}

/** One segment's place in the body; offsets count from the header's end. */
export interface Place {
  segment: number;
  offset: number;
  plaintext: number;
  ciphertext: number;
}

/** ctx and commitments: enough to check secrets and to open segments. */
export interface Promised {
  suite: Suite;
  context: Context;
  commitments: EnvelopeCommitments;
  /** H(ctx) */
  hctx: Bytes;
  places: Place[];
  /** Bytes of all ciphertexts together. */
  length: number;
}

export interface Header extends Promised {
  bytes: Bytes;
  /** The bid digest. */
  bid: Hex;
  wraps: EnvelopeWraps;
  /** DER, the signing certificate first. */
  chain: Bytes[];
}

export const FORMAT = "kaibiao/1";

const MAGIC = utf8("kaibiao/1 bid\n");
const NAMES = ["ctx", "commitments", "wraps", "chain"] as const;
type Part = (typeof NAMES)[number];
type Parts = [Bytes, Bytes, Bytes, Bytes];

/** The longest header there can be. */
const LONGEST = MAGIC.length + LIMITS.parts.reduce((sum, most) => sum + 4 + most, 0);

/** Parses a header that travels alone: nothing may follow it. Its suite is there already: `ready`. */
export function parseHeader(bytes: Bytes): Header {
  const { parts, end } = split(bytes);
  const header = fromParts(parts);
  if (end !== bytes.length) fail("header-trailing");
  return header;
}

/** Parses the header at the front of a .kbid, and holds the file's length against it. */
export async function readKbid(file: Blob): Promise<Header> {
  const front = new Uint8Array(await file.slice(0, LONGEST).arrayBuffer());
  const { parts } = split(front);
  await ready(parts[0]);
  const header = fromParts(parts);
  const promised = header.bytes.length + header.length;
  if (file.size !== promised) fail("ciphertext-length", { found: file.size, promised });
  return header;
}

/** ctx and commitments alone, their exact bytes. */
export function parsePromise(context: Bytes, commitments: Bytes): Promised {
  const { ctx, suite } = readContext(context);
  return promised(suite, ctx, readCommitments(commitments, ctx), suite.digest(context));
}

/**
 * Commitments of which ctx, that would name the bidder, is known by its digest alone:
 * enough to open segments, and to check no secret that comes before a segment's key.
 * `suite`: that of the lot's terms.
 */
export function promiseWithout(context: Hex, commitments: Bytes, suite: Suite = intl): Promised {
  const { envelopes } = form("commitments", commitments, COMMITMENTS);
  const [envelope] = envelopes;
  if (!envelope || envelopes.length > 1 || envelope.segments.length === 0)
    return fail("header-inconsistent", { what: "commitments: envelopes" });
  if (envelope.segments[0]!.length > LIMITS.sheet) fail("frame-wrong", { segment: 0 });
  const none = { message: "0".repeat(64) } as Context;
  return promised(suite, none, envelope, unhex(context, 32) ?? fail("header-inconsistent", { what: "ctx" }));
}

function promised(suite: Suite, context: Context, commitments: EnvelopeCommitments, hctx: Bytes): Promised {
  const places: Place[] = [];
  let offset = 0;
  commitments.segments.forEach(({ length }, segment) => {
    const ciphertext = ciphertextLength(length, suite.tag);
    places.push({ segment, offset, plaintext: length, ciphertext });
    offset += ciphertext;
  });
  if (offset > Number.MAX_SAFE_INTEGER) fail("header-field", { part: "commitments", field: "length" });
  return { suite, context, commitments, hctx, places, length: offset };
}

/** The digest of the bid with these two parts, and others of which the digests are known: what is no digest fits no bid. */
export function bidDigest(suite: Suite, context: Bytes, commitments: Bytes, wraps: Hex, chain: Hex): Hex {
  const none = new Uint8Array(0);
  const others = [wraps, chain].map((digest) => unhex(digest, 32) ?? none);
  return hex(labelledBy(suite, "kaibiao/1 bid", suite.digest(context), suite.digest(commitments), ...others));
}

/** The four parts in their frame. */
function frameHeader(parts: Parts): Bytes {
  return concat(MAGIC, ...parts.map(lp));
}

/** From exact parts, with all rules. */
export function fromParts(parts: Parts): Header {
  const promise = parsePromise(parts[0], parts[1]);
  const { suite, context } = promise;
  const wraps = readWraps(suite, parts[2], context);
  const chain = readChain(suite, parts[3], context);
  const bid = labelledBy(suite, "kaibiao/1 bid", ...parts.map((part) => suite.digest(part)));
  return { ...promise, bytes: frameHeader(parts), bid: hex(bid), wraps, chain };
}

export function contextBytes(context: Context): Bytes {
  return canonicalBytes(context);
}

export function commitmentsBytes(commitments: EnvelopeCommitments): Bytes {
  return canonicalBytes({ envelopes: [commitments] });
}

export function wrapsBytes(wraps: EnvelopeWraps): Bytes {
  const list = (some: Wrap[]) => some.map(({ key, kind, value }) => ({ key, kind, value: base64(value) }));
  return canonicalBytes({
    envelopes: [{ recipients: list(wraps.recipients), release: list(wraps.release), rescue: list(wraps.rescue) }],
  });
}

export function chainBytes(chain: Bytes[]): Bytes {
  return canonicalBytes({ certificates: chain.map(base64) });
}

/** The exact bytes of a header's four parts. */
export function partsOf(header: Bytes): Parts {
  return split(header).parts;
}

function split(bytes: Bytes): { parts: Parts; end: number } {
  if (bytes.length < MAGIC.length || !MAGIC.every((byte, at) => bytes[at] === byte)) fail("header-not-a-bid");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = MAGIC.length;
  const parts = LIMITS.parts.map((most, index) => {
    if (at + 4 > bytes.length) fail("header-truncated");
    const length = view.getUint32(at);
    if (length > most) fail("header-too-long", { part: NAMES[index]! });
    const part = bytes.slice(at + 4, at + 4 + length);
    if (part.length < length) fail("header-truncated");
    at += 4 + length;
    return part;
  });
  return { parts: parts as Parts, end: at };
}

/** One part by its form: within its limit, canonical, of its shape. */
function form<T>(part: Part, bytes: Bytes, shape: Reader<T>): T {
  if (bytes.length > LIMITS.parts[NAMES.indexOf(part)]!) fail("header-too-long", { part });
  try {
    return read(shape, readCanonical(bytes));
  } catch (error) {
    if (error instanceof Misshapen || error instanceof NotCanonical) throw new CryptoFailure("header-not-canonical", { part });
    throw error;
  }
}

function rule(part: Part, field: string, holds: boolean): void {
  if (!holds) fail("header-field", { part, field });
}

function fits(what: string, holds: boolean): void {
  if (!holds) fail("header-inconsistent", { what });
}

export const organisation: Reader<Organisation> = (value, at) => {
  if (typeof value !== "string" || !isOrganisationCode(value)) throw new Misshapen(at);
  return value;
};
const threshold = object({ n: integer(0, 255), t: integer(0, 255) });
const CONTEXT = object({
  bidder: organisation,
  certificate: digest,
  custodians: array(digest),
  envelopes: array(integer(0, 0xffffffff)),
  format: string,
  lot: string,
  message: digest,
  project: string,
  recipients: array(digest),
  release: threshold,
  rescue: nullable(threshold),
  suite: string,
  terms: digest,
  time: integer(),
});

function readContext(bytes: Bytes): { ctx: Context; suite: Suite } {
  const read = form("ctx", bytes, CONTEXT);
  const suite = read.format === FORMAT ? suiteNamed(read.suite) : undefined;
  if (!suite) return fail("header-unknown-format");
  const ctx = { ...read, suite: suite.name };
  const { release, rescue } = ctx;
  rule("ctx", "custodians", distinct(ctx.custodians, LIMITS.custodians) && ctx.custodians.length === release.n);
  rule("ctx", "envelopes", ctx.envelopes.length === 1 && ctx.envelopes.every((count) => count >= 2 && count <= LIMITS.segments));
  rule("ctx", "lot", isLot(ctx.lot));
  rule("ctx", "project", isProject(ctx.project));
  rule("ctx", "recipients", distinct(ctx.recipients, LIMITS.recipients));
  rule("ctx", "release", release.t >= 1 && release.t <= release.n);
  rule("ctx", "rescue", rescue === null || (rescue.n === release.n && rescue.t > release.t && rescue.t <= rescue.n));
  return { ctx, suite };
}

const COMMITMENTS = object({
  envelopes: array(
    object({
      b: digest,
      dek: digest,
      plaintexts: pair(digest),
      r: digest,
      release: array(digest),
      rescue: array(digest),
      segments: array(object({ ciphertext: digest, key: digest, length: integer() })),
    }),
  ),
});

function readCommitments(bytes: Bytes, ctx: Context): EnvelopeCommitments {
  const { envelopes } = form("commitments", bytes, COMMITMENTS);
  fits("commitments: envelopes", envelopes.length === ctx.envelopes.length);
  const envelope = envelopes[0]!;
  fits("commitments: release", envelope.release.length === ctx.custodians.length);
  fits("commitments: rescue", envelope.rescue.length === rescuers(ctx).length);
  fits("commitments: segments", envelope.segments.length === ctx.envelopes[0]);
  for (const [segment, { length }] of envelope.segments.entries()) rule("commitments", "length", isLength(segment, length));
  return envelope;
}

/** Kinds of wraps are those of one suite. */
function wrapsShape({ wraps }: Suite) {
  const wrap = object({ key: digest, kind: oneOf<WrapKind>(...(Object.keys(wraps) as WrapKind[])), value: base64Bytes });
  return object({ envelopes: array(object({ recipients: array(wrap), release: array(wrap), rescue: array(wrap) })) });
}

function readWraps(suite: Suite, bytes: Bytes, ctx: Context): EnvelopeWraps {
  const { envelopes } = form("wraps", bytes, wrapsShape(suite));
  fits("wraps: envelopes", envelopes.length === ctx.envelopes.length);
  const envelope = envelopes[0]!;
  followKeys(suite, "recipients", envelope.recipients, ctx.recipients);
  followKeys(suite, "release", envelope.release, ctx.custodians);
  followKeys(suite, "rescue", envelope.rescue, rescuers(ctx));
  return envelope;
}

function followKeys(suite: Suite, what: "recipients" | "release" | "rescue", wraps: Wrap[], keys: Hex[]): void {
  fits(`wraps: ${what}`, wraps.length === keys.length);
  wraps.forEach(({ key, kind, value }, at) => {
    const form = suite.wraps[kind]!;
    fits(`wraps: ${what}`, key === keys[at] && (what === "recipients" ? form.recipients : form.custodians));
    rule("wraps", "value", form.fits(value.length));
  });
}

const CHAIN = object({ certificates: array(base64Bytes) });

function readChain(suite: Suite, bytes: Bytes, ctx: Context): Bytes[] {
  const { certificates } = form("chain", bytes, CHAIN);
  const fit = (der: Bytes) => der.length >= 1 && der.length <= LIMITS.certificate;
  rule("chain", "certificates", certificates.length >= 1 && certificates.length <= LIMITS.certificates && certificates.every(fit));
  if (hex(suite.digest(certificates[0]!)) !== ctx.certificate) fail("header-certificate");
  return certificates;
}

/** Whoever holds shares of b. */
function rescuers(ctx: Context): Hex[] {
  return ctx.rescue ? ctx.custodians : [];
}

function isLength(segment: number, length: number): boolean {
  if (segment > 1) return length <= LIMITS.document;
  return length >= 4096 && length <= (segment === 0 ? LIMITS.sheet : LIMITS.manifest) && length % 4096 === 0;
}

function distinct(keys: Hex[], most: number): boolean {
  return keys.length >= 1 && keys.length <= most && new Set(keys).size === keys.length;
}

export function isLot(lot: string): boolean {
  return /^[a-z0-9-]{1,16}$/.test(lot);
}

export function isProject(project: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(project);
}

/** msg_id of a header. */
export function messageId(promised: Promised): Bytes {
  return unhex(promised.context.message, 32)!;
}
