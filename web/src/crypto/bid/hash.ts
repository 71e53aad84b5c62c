/** H and HKDF of the formats: SHA-256 for all that is not a bid's own, whatever the suite. */
import { intl, type Suite } from "../suite";
import { hex, u64, utf8 } from "./encoding";
import type { Bytes, Hex } from "./types";

export const { digest: sha256, digestAsync: sha256Async } = intl;

export function digestOf(...parts: Uint8Array[]): Hex {
  return hex(sha256(...parts));
}

/** H(label || parts). */
export function labelled(label: string, ...parts: Uint8Array[]): Bytes {
  return labelledBy(intl, label, ...parts);
}

/** The same by a bid's suite. */
export function labelledBy(suite: Suite, label: string, ...parts: Uint8Array[]): Bytes {
  return suite.digest(utf8(label), ...parts);
}

/** H(label || u64 length || digests): of a segment's chunks or a document's. */
export function chunked(suite: Suite, label: string, length: number, digests: Uint8Array): Bytes {
  return labelledBy(suite, label, u64(length), digests);
}
