/** HKDF over SHA-256 (RFC 5869), to 32 bytes. */
import { expand as hkdfExpand, extract as hkdfExtract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concat } from "../../bid/encoding";
import type { Bytes } from "../../bid/types";

export function extract(salt: Uint8Array, ikm: Uint8Array): Bytes {
  return hkdfExtract(sha256, ikm, salt) as Bytes;
}

export function expand(prk: Uint8Array, ...info: Uint8Array[]): Bytes {
  return hkdfExpand(sha256, prk, concat(...info), 32) as Bytes;
}
