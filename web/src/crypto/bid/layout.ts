/** Chunks, lengths and limits (docs/spec/sealed-bid.md, 8 and 17). */

export const CHUNK = 1 << 20;

export const LIMITS = {
  parts: [16384, 524288, 262144, 262144],
  custodians: 32,
  recipients: 8,
  certificates: 8,
  certificate: 16384,
  segments: 1026,
  sheet: 1 << 20,
  manifest: 4 << 20,
  document: 2 ** 40,
} as const;

export function chunkCount(length: number): number {
  return Math.max(1, Math.ceil(length / CHUNK));
}

/** `tag`: by how much a sealed chunk is longer, of its suite. */
export function ciphertextLength(length: number, tag: number): number {
  return length + tag * chunkCount(length);
}

/** Bytes of plaintext of chunk k. */
export function chunkLength(length: number, k: number): number {
  return Math.min(CHUNK, length - k * CHUNK);
}
