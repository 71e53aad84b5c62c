/** SHA-256 (FIPS 180-4). */
import { sha256 as noble } from "@noble/hashes/sha2.js";
import type { Bytes } from "../../bid/types";

/** The digest of short texts, computed at once. */
export function sha256(...parts: Uint8Array[]): Bytes {
  const hash = noble.create();
  for (const part of parts) hash.update(part);
  return hash.digest() as Bytes;
}

/** The digest of a long text, computed on one of WebCrypto's own threads. */
export async function sha256Async(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
