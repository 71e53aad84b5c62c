/** Segments as sealed chunks, several in flight (docs/spec/sealed-bid.md, 8). */
import { type Chunk, type SegmentCipher, type Suite, intl } from "../suite";
import { CryptoFailure } from "./failure";
import { chunked } from "./hash";
import { CHUNK, chunkCount, chunkLength, ciphertextLength } from "./layout";
import type { Bytes } from "./types";

export type { SegmentCipher };

/** Chunks worked on at once: WebCrypto spreads them over its own threads, and SM3 over its lanes. */
export const FLIGHT = 4;

/** The digests of a segment's chunks, which come in any order. */
export class ChunkDigests {
  readonly sealed: Bytes;
  readonly plain: Bytes;

  constructor(
    private readonly length: number,
    private readonly suite: Suite = intl,
  ) {
    this.sealed = new Uint8Array(32 * chunkCount(length));
    this.plain = new Uint8Array(32 * chunkCount(length));
  }

  /** C_i */
  ciphertext(): Bytes {
    return chunked(this.suite, "kaibiao/1 ciphertext", ciphertextLength(this.length, this.suite.tag), this.sealed);
  }

  /** A document's digest in the manifest. */
  document(): Bytes {
    return chunked(this.suite, "kaibiao/1 document", this.length, this.plain);
  }

  /** Notes those of chunk k. */
  note(k: number, { plain, sealed }: Chunk): void {
    this.sealed.set(sealed, 32 * k);
    if (plain) this.plain.set(plain, 32 * k);
  }
}

/** Reads bytes of a plaintext or a body. */
export type Source = (from: number, to: number) => Promise<Bytes>;

export function blobSource(blob: Blob): Source {
  return async (from, to) => {
    const bytes = new Uint8Array(await blob.slice(from, to).arrayBuffer());
    if (bytes.length !== to - from) throw new CryptoFailure("ciphertext-length");
    return bytes;
  };
}

export function memorySource(bytes: Bytes): Source {
  return async (from, to) => bytes.slice(from, to);
}

/** Seals successive chunks from number `first` on: each one's ciphertext, in `room` perhaps, and its digests noted. */
export function sealChunks(cipher: SegmentCipher, digests: ChunkDigests, first: number, plain: Bytes[], room?: Bytes): Promise<Bytes>[] {
  return cipher.seal(first, plain, room).map(async (sealing, at) => {
    const chunk = await sealing;
    digests.note(first + at, chunk);
    return chunk.bytes!;
  });
}

/** Chunks read at once: browsers read a few megabytes nearly as fast as one. */
const BLOCK = 4;

/** Room for a block of chunks, sealed. */
export function blockRoom(tag: number): Bytes {
  return new Uint8Array(BLOCK * (CHUNK + tag));
}

/** A segment's chunks in runs that are read at once. */
export function* blocksOf(length: number, tag: number): Generator<{ k: number; plain: number; sealed: number; size: number }[]> {
  let block = [];
  for (const chunk of chunksOf(length, tag)) {
    block.push(chunk);
    if (block.length < BLOCK) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}

/** The numbers of a segment's chunks with where they lie in plaintext and ciphertext. */
export function* chunksOf(length: number, tag: number): Generator<{ k: number; plain: number; sealed: number; size: number }> {
  for (let k = 0; k < chunkCount(length); k++) yield { k, plain: k * CHUNK, sealed: k * (CHUNK + tag), size: chunkLength(length, k) };
}

/** Waits for all, and fails with the first failure only when nothing goes on any more. */
export async function settled(work: Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) if (outcome.status === "rejected") throw outcome.reason;
}

/**
 * Works through items, a few at once, in the order in which they come. Ends
 * only when nothing is in flight any more, and with the first failure.
 */
export async function inFlight<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
  signal?: AbortSignal,
  lanes = FLIGHT,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const lane = async () => {
    while (failures.length === 0) {
      try {
        if (signal?.aborted) throw new CryptoFailure("cancelled");
        const next = rest.next();
        if (next.done) return;
        await work(next.value);
      } catch (failure) {
        failures.push(failure);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failures.length > 0) throw failures[0];
}
