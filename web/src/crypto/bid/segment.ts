/** Segments as sealed chunks, several in flight (docs/spec/sealed-bid.md, 8). */
import { type Aead, intl as suite } from "../suite";
import { type Derivation, ENVELOPE } from "./derive";
import { concat, u32, u8 } from "./encoding";
import { CryptoFailure } from "./failure";
import { chunked, sha256Async } from "./hash";
import { CHUNK, TAG, chunkCount, chunkLength, ciphertextLength } from "./layout";
import type { Bytes } from "./types";

/** Chunks worked on at once: WebCrypto spreads them over its own threads. */
export const FLIGHT = 4;

/** The cipher under EK_i, with what every chunk of the segment is bound to. */
export class SegmentCipher {
  private constructor(
    private readonly aead: Aead,
    private readonly bound: Bytes,
    private readonly chunks: number,
  ) {}

  /** `length`: of the plaintext. */
  static async of(derivation: Derivation, segmentKey: Bytes, hctx: Bytes, segment: number, length: number): Promise<SegmentCipher> {
    const aead = await suite.aead(derivation.encryptionKey(segmentKey));
    return new SegmentCipher(aead, concat(hctx, u8(ENVELOPE), u32(segment)), chunkCount(length));
  }

  seal(k: number, plain: Bytes): Promise<Bytes> {
    return this.aead.seal(this.nonce(k), this.bound, plain);
  }

  /** Nothing when the chunk is not authentic. */
  open(k: number, sealed: Bytes): Promise<Bytes | undefined> {
    return this.aead.open(this.nonce(k), this.bound, sealed);
  }

  /** STREAM: the chunk's number, and whether it is the last. */
  private nonce(k: number): Bytes {
    return concat(new Uint8Array(7), u32(k), u8(k === this.chunks - 1 ? 1 : 0));
  }
}

/** The digests of a segment's chunks, which come in any order. */
export class ChunkDigests {
  readonly sealed: Bytes;
  readonly plain: Bytes;

  constructor(private readonly length: number) {
    this.sealed = new Uint8Array(32 * chunkCount(length));
    this.plain = new Uint8Array(32 * chunkCount(length));
  }

  /** C_i */
  ciphertext(): Bytes {
    return chunked("kaibiao/1 ciphertext", ciphertextLength(this.length), this.sealed);
  }

  /** A document's digest in the manifest. */
  document(): Bytes {
    return chunked("kaibiao/1 document", this.length, this.plain);
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

/** Seals one chunk: its ciphertext, and both digests noted. */
export async function sealChunk(cipher: SegmentCipher, digests: ChunkDigests, k: number, plain: Bytes): Promise<Bytes> {
  const noted = sha256Async(plain).then((digest) => digests.plain.set(digest, 32 * k));
  const sealed = await cipher.seal(k, plain);
  digests.sealed.set(await sha256Async(sealed), 32 * k);
  await noted;
  return sealed;
}

/** Chunks read at once: browsers read a few megabytes nearly as fast as one. */
const BLOCK = 4;

/** A segment's chunks in runs that are read at once. */
export function* blocksOf(length: number): Generator<{ k: number; plain: number; sealed: number; size: number }[]> {
  let block = [];
  for (const chunk of chunksOf(length)) {
    block.push(chunk);
    if (block.length < BLOCK) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}

/** The numbers of a segment's chunks with where they lie in plaintext and ciphertext. */
export function* chunksOf(length: number): Generator<{ k: number; plain: number; sealed: number; size: number }> {
  for (let k = 0; k < chunkCount(length); k++) yield { k, plain: k * CHUNK, sealed: k * (CHUNK + TAG), size: chunkLength(length, k) };
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
