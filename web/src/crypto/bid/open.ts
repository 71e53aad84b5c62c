/** Opening a bid, each step before the next (docs/spec/sealed-bid.md, 15). */
import { readCanonical } from "./canonical";
import { audit, derivationOf } from "./deal";
import { Role } from "./derive";
import { equal, hex, unhex } from "./encoding";
import { CryptoFailure, fail } from "./failure";
import { readKbid, type Header, type Promised } from "./header";
import { readManifest, type DocumentEntry, type Manifest } from "./manifest";
import { commitPlaintext, unframe } from "./message";
import { checkB, checkShare } from "./rehearse";
import { ChunkDigests, FLIGHT, blobSource, chunksOf, memorySource, type Source } from "./segment";
import { combine } from "./shamir";
import { anything, read } from "./shape";
import type { Bytes } from "./types";

export type { DocumentEntry, Manifest } from "./manifest";

export interface Share {
  x: number;
  share: Bytes;
}

export interface Opened {
  header: Header;
  r: Bytes;
  /** SK_0 */
  sheetKey: Bytes;
  sheet: Record<string, unknown>;
  manifest: Manifest;
}

/**
 * Opens a whole .kbid with b and shares of r; `document` gets each
 * authenticated chunk in order. Only when this returns is what it got the
 * committed whole. A failure's params name in `at` where it happened.
 */
export async function open(
  file: Blob,
  secrets: { b: Bytes; shares: Share[]; custodians: Bytes[] },
  document: (index: number, chunk: Bytes) => void | Promise<void> = () => {},
): Promise<Opened> {
  const header = await at("header", () => readKbid(file));
  await at("b", () => checkB(header, secrets.b));
  for (const { x, share } of secrets.shares) await at(`share ${x}`, () => checkShare(header, Role.release, x, share));
  const r = await at("release", () => recoverRelease(header, secrets.shares));
  await at("dealing", () => audit(header, Role.release, r, secrets.custodians));
  const prk = await at("unlock", () => unlockKey(header, secrets.b, r));

  const body = blobSource(file.slice(header.bytes.length));
  const segment = async (number: number, emit: (chunk: Bytes) => void | Promise<void>) => {
    const key = derivationOf(header).segmentKey(prk, number);
    return { key, digests: await openSegment(header, number, key, body, header.places[number]!.offset, emit) };
  };
  const sheet = await at("segment 0", async () => {
    const framed: Bytes[] = [];
    const { key } = await segment(0, (chunk) => void framed.push(chunk));
    return { key, value: readSheet(checkMessage(header, 0, framed)) };
  });
  const manifest = await at("segment 1", async () => {
    const framed: Bytes[] = [];
    await segment(1, (chunk) => void framed.push(chunk));
    return readManifest(checkMessage(header, 1, framed), header);
  });
  for (const [index, entry] of manifest.documents.entries())
    await at(`segment ${index + 2}`, async () => {
      const { digests } = await segment(index + 2, (chunk) => document(index, chunk));
      checkDocument(entry, digests, index + 2);
    });
  return { header, r, sheetKey: sheet.key, sheet: sheet.value, manifest };
}

/** Repeats an announced sheet's opening from SK_0: ctx, commitments and the ciphertext of segment 0. */
export async function repeatSheet(promised: Promised, key: Bytes, ciphertext: Bytes): Promise<Record<string, unknown>> {
  if (ciphertext.length !== promised.places[0]!.ciphertext) fail("ciphertext-length", { segment: 0 });
  const framed: Bytes[] = [];
  await openSegment(promised, 0, key, memorySource(ciphertext), 0, (chunk) => void framed.push(chunk));
  return readSheet(checkMessage(promised, 0, framed));
}

/** The same of a manifest, which must fit the header's promise. */
export async function repeatManifest(promised: Promised, key: Bytes, ciphertext: Bytes): Promise<Manifest> {
  if (ciphertext.length !== promised.places[1]!.ciphertext) fail("ciphertext-length", { segment: 1 });
  const framed: Bytes[] = [];
  await openSegment(promised, 1, key, memorySource(ciphertext), 0, (chunk) => void framed.push(chunk));
  return readManifest(checkMessage(promised, 1, framed), promised);
}

/** r from the t valid shares with the smallest x, checked against KR. */
export function recoverRelease(header: Promised, shares: Share[]): Bytes {
  const r = recover(shares, header.context.release.t);
  checkR(header, r);
  return r;
}

/** Checks r against KR. */
export function checkR(header: Promised, r: Bytes): void {
  if (!equal(derivationOf(header).commitR(r), unhex(header.commitments.r, 32)!)) fail("release-mismatch");
}

/** Checks a segment's key against KC_i. */
export function checkSegmentKey(promised: Promised, segment: number, key: Bytes): void {
  const committed = promised.commitments.segments[segment] ?? fail("no-such-segment", { segment });
  if (!equal(derivationOf(promised).commitSegment(key), unhex(committed.key, 32)!)) fail("segment-key-mismatch", { segment });
}

/** b from shares for rescue, checked against KB. */
export function recoverRescue(header: Promised, shares: Share[]): Bytes {
  const b = recover(shares, header.context.rescue?.t ?? fail("shares-too-few", { have: 0, need: 0 }));
  if (!equal(derivationOf(header).commitB(b), unhex(header.commitments.b, 32)!)) fail("rescue-mismatch");
  return b;
}

function recover(shares: Share[], need: number): Bytes {
  if (new Set(shares.map(({ x }) => x)).size !== shares.length) fail("shares-duplicate");
  if (shares.length < need) fail("shares-too-few", { have: shares.length, need });
  return combine([...shares].sort((one, other) => one.x - other.x).slice(0, need));
}

/** PRK of DEK, checked against KC. */
export function unlockKey(header: Promised, b: Bytes, r: Bytes): Bytes {
  const derivation = derivationOf(header);
  const prk = derivation.prk(derivation.dek(b, r));
  if (!equal(derivation.commitDek(prk), unhex(header.commitments.dek, 32)!)) fail("key-mismatch");
  return prk;
}

/** Emits authenticated chunks in order; succeeds only when the whole is the committed one. */
async function openSegment(
  promised: Promised,
  segment: number,
  key: Bytes,
  body: Source,
  offset: number,
  emit: (chunk: Bytes) => void | Promise<void>,
): Promise<ChunkDigests> {
  const derivation = derivationOf(promised);
  const committed = promised.commitments.segments[segment]!;
  checkSegmentKey(promised, segment, key);
  const { length } = committed;
  const { tag } = promised.suite;
  const cipher = await derivation.cipher(key, segment, length);
  const digests = new ChunkDigests(length, promised.suite);
  let refused: number | undefined;
  try {
    for (const batch of batches(chunksOf(length, tag), FLIGHT)) {
      const first = batch[0]!.k;
      const sealed = await Promise.all(batch.map(({ sealed: from, size }) => body(offset + from, offset + from + size + tag)));
      for (const [at, chunk] of (await Promise.all(cipher.open(first, sealed))).entries()) {
        digests.note(first + at, chunk);
        // After one that does not open, the rest is read only to learn whether
        // the ciphertext is the committed one.
        if (chunk.bytes && refused === undefined) await emit(chunk.bytes);
        else refused ??= first + at;
      }
    }
  } finally {
    cipher.forget();
  }
  if (hex(digests.ciphertext()) !== committed.ciphertext) fail("ciphertext-mismatch", { segment });
  if (refused !== undefined) fail("not-authentic", { segment, chunk: refused });
  return digests;
}

function* batches<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** The message of a frame, once it is the committed one. */
function checkMessage(promised: Promised, segment: 0 | 1, chunks: Bytes[]): Bytes {
  const framed = new Uint8Array(promised.commitments.segments[segment]!.length);
  let end = 0;
  for (const chunk of chunks) {
    framed.set(chunk, end);
    end += chunk.length;
  }
  const parts = unframe(framed) ?? fail("frame-wrong", { segment });
  const commitment = commitPlaintext(segment, parts.salt, parts.message, promised.suite);
  if (!equal(commitment, unhex(promised.commitments.plaintexts[segment], 32)!)) fail("plaintext-mismatch", { segment });
  return parts.message;
}

function readSheet(message: Bytes): Record<string, unknown> {
  try {
    return read(anything, readCanonical(message));
  } catch {
    return fail("sheet-wrong");
  }
}

function checkDocument(entry: DocumentEntry, digests: ChunkDigests, segment: number): void {
  if (hex(digests.document()) !== entry.digest) fail("document-mismatch", { segment, name: entry.name });
}

async function at<T>(place: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CryptoFailure)) throw error;
    throw new CryptoFailure(error.code, { ...error.params, at: place });
  }
}
