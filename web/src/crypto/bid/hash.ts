/** H and HKDF of the formats, in the suite that every bid is of today. */
import { intl as suite } from "../suite";
import { hex, u64, utf8 } from "./encoding";
import type { Bytes, Hex } from "./types";

export const { digest: sha256, digestAsync: sha256Async, extract, expand } = suite;

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

export function hkdf(salt: Uint8Array, ikm: Uint8Array, ...info: Uint8Array[]): Bytes {
  return expand(extract(salt, ikm), ...info);
}
