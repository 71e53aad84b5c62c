/** SHA-256 and HKDF. Small things at once; chunks by WebCrypto. */
import { expand as hkdfExpand, extract as hkdfExtract } from "@noble/hashes/hkdf.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { concat, hex, u64, utf8 } from "./encoding";
import type { Bytes, Hex } from "./types";

export function sha256(...parts: Uint8Array[]): Bytes {
  const hash = nobleSha256.create();
  for (const part of parts) hash.update(part);
  return hash.digest() as Bytes;
}

/** On one of WebCrypto's own threads. */
export async function sha256Async(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export function digestOf(...parts: Uint8Array[]): Hex {
  return hex(sha256(...parts));
}

/** H(label || parts). */
export function labelled(label: string, ...parts: Uint8Array[]): Bytes {
  return sha256(utf8(label), ...parts);
}

/** H(label || u64 length || digests): of a segment's chunks or a document's. */
export function chunked(label: string, length: number, digests: Uint8Array): Bytes {
  return labelled(label, u64(length), digests);
}

export function extract(salt: Uint8Array, ikm: Uint8Array): Bytes {
  return hkdfExtract(nobleSha256, ikm, salt) as Bytes;
}

export function expand(prk: Uint8Array, ...info: Uint8Array[]): Bytes {
  return hkdfExpand(nobleSha256, prk, concat(...info), 32) as Bytes;
}

export function hkdf(salt: Uint8Array, ikm: Uint8Array, ...info: Uint8Array[]): Bytes {
  return expand(extract(salt, ikm), ...info);
}
