/** Sealing a bid in one pass and constant memory (docs/spec/sealed-bid.md, 14). */
import type { Progress } from "../contract";
import type { SuiteName } from "../suite";
import { NotCanonical, canonicalBytes } from "./canonical";
import { Draft } from "./draft";
import { concat, hex } from "./encoding";
import { CryptoFailure, fail } from "./failure";
import { chainBytes, commitmentsBytes, contextBytes, fromParts, readKbid, wrapsBytes, type Header } from "./header";
import { LIMITS, ciphertextLength } from "./layout";
import { commitPlaintext, frame, frameLength } from "./message";
import { checkNames, isMedia } from "./names";
import type { Manifest } from "./manifest";
import { rehearse } from "./rehearse";
import {
  ChunkDigests,
  type SegmentCipher,
  blobSource,
  blockRoom,
  blocksOf,
  chunksOf,
  inFlight,
  memorySource,
  sealChunks,
  settled,
  type Source,
} from "./segment";
import { random, type Bytes, type Hex, type Millis, type OpeningKey, type Organisation, type Random, type Sink } from "./types";

export { mediaType } from "./names";

/** What of the sealing terms goes into a bid; checked before (terms.ts). */
export interface SealTerms {
  /** `intl` where it is left out; any other is loaded already. */
  suite?: SuiteName;
  project: string;
  lot: string;
  digest: Hex;
  /** SPKI of the custodians' keys by x, of the suite. */
  custodians: Bytes[];
  release: number;
  /** null: no rescue, or not wanted. */
  rescue: number | null;
}

interface SealDocument {
  name: string;
  media: string;
  file: Blob;
}

export interface SealOrder {
  terms: SealTerms;
  bidder: Organisation;
  /** DER, the signing certificate first, without the root. */
  chain: Bytes[];
  /** SPKI of whom b is wrapped to: the encryption certificate's key, then spares. */
  recipients: Bytes[];
  /** Public fields (segment 0) and the others (manifest): `splitSheet` of sheet.ts. */
  sheet: { open: Record<string, unknown>; kept: Record<string, unknown> };
  documents: SealDocument[];
  time: Millis;
  /** The bidder's own keys: a bid that they cannot open is handed to nobody. */
  keys?: OpeningKey[];
  /** The same where a token holds them. */
  opens?: (header: Header) => Promise<void>;
}

export interface SealManner {
  /** what: "document" (index, bytes of it), "manifest", or "body" when checking. */
  progress?: (progress: Progress) => void;
  signal?: AbortSignal;
  random?: Random;
}

export interface Sealed {
  header: Bytes;
  bid: Hex;
  /** H of every sealed chunk in the order of the body, 32 bytes each: the submit's `chunks`. */
  chunks: Bytes;
  /** Bytes of the whole .kbid. */
  size: number;
}

/** Writes a whole .kbid into the sink, from 0. What was written is no bid unless this returns. */
export async function seal(order: SealOrder, sink: Sink, manner: SealManner = {}): Promise<Sealed> {
  checkDocuments(order.documents);
  const draft = new Draft(order, manner.random ?? random);
  try {
    const { header, chunks } = await write(order, draft, sink, manner);
    if (order.keys) await rehearse(header, order.keys);
    await order.opens?.(header);
    return { header: header.bytes, bid: header.bid, chunks, size: header.bytes.length + header.length };
  } finally {
    draft.forget();
  }
}

async function write(order: SealOrder, draft: Draft, sink: Sink, manner: SealManner): Promise<{ header: Header; chunks: Bytes }> {
  const manifest: Manifest = {
    documents: order.documents.map(({ name, media, file }) => ({ digest: NOTHING, media, name, size: file.size })),
    draw: draft.draw,
    sheet: order.sheet.kept,
  };
  const sheet = messageBytes(order.sheet.open);
  const lengths = [frameLength(sheet.length), frameLength(messageBytes(manifest).length), ...order.documents.map(({ file }) => file.size)];
  if (lengths[0]! > LIMITS.sheet || lengths[1]! > LIMITS.manifest) fail("manifest-too-long");

  // All lengths are known, so the place of everything in the file is. Digests
  // have one length whatever they are: what the header's rules refuse, they
  // refuse here, before anything is sealed.
  const commitments = await draft.commitments(lengths);
  const [ctx, wraps, chain] = [contextBytes(draft.context), wrapsBytes(draft.wraps), chainBytes(order.chain)];
  const places = fromParts([ctx, commitmentsBytes(commitments), wraps, chain]);
  const body = places.bytes.length;

  const { tag } = draft.suite;
  const digests = lengths.map((length) => new ChunkDigests(length, draft.suite));
  await sealDocuments(order, draft, digests, (segment, at, bytes) => sink.write(body + places.places[segment]!.offset + at, bytes), manner);
  for (const [index, entry] of manifest.documents.entries()) entry.digest = hex(digests[index + 2]!.document());

  manner.progress?.({ what: "manifest", index: 0, done: 0, total: 1 });
  for (const [segment, message] of [sheet, messageBytes(manifest)].entries()) {
    const salt = draft.salts[segment]!;
    commitments.plaintexts[segment] = hex(commitPlaintext(segment, salt, message, draft.suite));
    const plain = frame(salt, message);
    const cipher = await draft.cipher(segment, plain.length);
    const source = memorySource(plain);
    for (const { k, plain: from, sealed: at, size } of chunksOf(plain.length, tag)) {
      const [sealed] = await Promise.all(sealChunks(cipher, digests[segment]!, k, [await source(from, from + size)]));
      await sink.write(body + places.places[segment]!.offset + at, sealed!);
    }
    cipher.forget();
  }
  for (const [index, segment] of commitments.segments.entries()) segment.ciphertext = hex(digests[index]!.ciphertext());
  const header = fromParts([ctx, commitmentsBytes(commitments), wraps, chain]);
  await sink.write(0, header.bytes);
  manner.progress?.({ what: "manifest", index: 0, done: 1, total: 1 });
  return { header, chunks: concat(...digests.map(({ sealed }) => sealed)) };
}

/** Blocks of chunks in work at once: while some are sealed, others are read. */
const LANES = 3;

/** All chunks of all documents, a few in flight, so that many small ones are as fast as a large one. */
async function sealDocuments(
  order: SealOrder,
  draft: Draft,
  digests: ChunkDigests[],
  put: (segment: number, at: number, bytes: Bytes) => Promise<void> | void,
  { progress, signal }: SealManner,
): Promise<void> {
  const done = order.documents.map(() => 0);
  const ciphers = new Map<number, Promise<SegmentCipher>>();
  // Rooms that a block left, for the next: new memory costs as much as a copy.
  const rooms: Bytes[] = [];
  const all = function* () {
    for (const [index, { file }] of order.documents.entries()) {
      ciphers.set(index, draft.cipher(index + 2, file.size));
      for (const chunks of blocksOf(file.size, draft.suite.tag)) yield { index, chunks };
    }
  };
  await inFlight(
    all(),
    async ({ index, chunks }) => {
      const { file } = order.documents[index]!;
      const [first, last] = [chunks[0]!, chunks.at(-1)!];
      const block = await readDocument(order.documents[index]!, index, first.plain, last.plain + last.size);
      const cipher = await ciphers.get(index)!;
      const plain = chunks.map(({ plain: from, size }) => block.subarray(from - first.plain, from - first.plain + size));
      const room = rooms.pop() ?? blockRoom(draft.suite.tag);
      const sealed = sealChunks(cipher, digests[index + 2]!, first.k, plain, room);
      await settled(
        chunks.map(async ({ sealed: at, size }, which) => {
          await put(index + 2, at, await sealed[which]!);
          done[index]! += size;
          progress?.({ what: "document", index, done: done[index]!, total: file.size });
        }),
      );
      rooms.push(room);
      if (done[index] === file.size) cipher.forget();
    },
    signal,
    LANES,
  );
}

/** A document that is edited meanwhile is noticed: browsers refuse to read it, or its length differs. */
async function readDocument({ name, file }: SealDocument, index: number, from: number, to: number): Promise<Bytes> {
  let bytes: Bytes;
  try {
    bytes = new Uint8Array(await file.slice(from, to).arrayBuffer());
  } catch (error) {
    const gone = error instanceof Error && error.name === "NotReadableError";
    return fail(gone ? "document-changed" : "document-unreadable", { name, index });
  }
  if (bytes.length !== to - from) fail("document-changed", { name, index });
  return bytes;
}

const NOTHING: Hex = "0".repeat(64);

function checkDocuments(documents: SealDocument[]): void {
  checkNames(documents.map(({ name }) => name));
  documents.forEach(({ name, media }, index) => {
    if (!isMedia(media)) fail("media-type", { name, index, media });
  });
  if (documents.length > LIMITS.segments - 2) fail("documents-too-many", { most: LIMITS.segments - 2 });
}

function messageBytes(message: object): Bytes {
  try {
    return canonicalBytes(message);
  } catch (error) {
    if (error instanceof NotCanonical) throw new CryptoFailure("sheet-number");
    throw error;
  }
}

/** Digests of all sealed chunks of a .kbid's body, each segment held against its C_i. */
export async function checkBody(file: Blob, { progress, signal }: SealManner = {}): Promise<Bytes> {
  const header = await readKbid(file);
  const { suite } = header;
  const digests = header.places.map(({ plaintext }) => new ChunkDigests(plaintext, suite));
  const body: Source = blobSource(file.slice(header.bytes.length));
  const all = function* () {
    for (const { segment, offset, plaintext } of header.places)
      for (const { k, sealed, size } of chunksOf(plaintext, suite.tag))
        yield { segment, k, from: offset + sealed, to: offset + sealed + ciphertextLength(size, suite.tag) };
  };
  let done = 0;
  await inFlight(
    all(),
    async ({ segment, k, from, to }) => {
      digests[segment]!.sealed.set(await suite.digestAsync(await body(from, to)), 32 * k);
      done += to - from;
      progress?.({ what: "body", index: segment, done, total: header.length });
    },
    signal,
  );
  header.commitments.segments.forEach(({ ciphertext }, segment) => {
    if (hex(digests[segment]!.ciphertext()) !== ciphertext) fail("ciphertext-mismatch", { segment });
  });
  return concat(...digests.map(({ sealed }) => sealed));
}

/**
 * A sink for browsers without a file system of the origin's own. Each piece
 * becomes a Blob at once, which browsers keep on disk when there are many.
 */
export class MemorySink implements Sink {
  private readonly pieces = new Map<number, Blob>();

  write(at: number, bytes: Bytes): void {
    this.pieces.set(at, new Blob([bytes]));
  }

  /** Everything written, which must leave no gap. */
  blob(): Blob {
    const ordered = [...this.pieces].sort(([one], [other]) => one - other);
    let end = 0;
    for (const [at, piece] of ordered) {
      if (at !== end) throw new Error(`a gap at ${end}`);
      end += piece.size;
    }
    return new Blob(
      ordered.map(([, piece]) => piece),
      { type: "application/octet-stream" },
    );
  }
}
