/** RSAES-OAEP with SHA-256 (RFC 8017, 7.1): the secret, and the digest of what it is bound to. */
import { concat, equal, hex } from "../../bid/encoding";
import { fail } from "../../bid/failure";
import type { Bytes } from "../../bid/types";
import { sha256 } from "./digest";

const BITS = [2048, 3072, 4096];
const OAEP = { name: "RSA-OAEP", hash: "SHA-256" } as const;

export async function wrapRsa(spki: Bytes, wctx: Bytes, secret: Bytes): Promise<Bytes> {
  const key = await importRsa(spki);
  return new Uint8Array(await crypto.subtle.encrypt(OAEP, key, concat(secret, sha256(wctx))));
}

export async function openRsa(key: CryptoKey, wctx: Bytes, value: Bytes): Promise<Bytes> {
  let opened: Bytes;
  try {
    opened = new Uint8Array(await crypto.subtle.decrypt(OAEP, key, value));
  } catch {
    return fail("wrap-not-opened");
  }
  if (opened.length !== 64) fail("wrap-not-opened");
  if (!equal(opened.subarray(32), sha256(wctx))) fail("wrap-not-bound");
  return opened.slice(0, 32);
}

/** Only RSA of an accepted size with e = 65537, in its one encoding. */
async function importRsa(spki: Bytes): Promise<CryptoKey> {
  try {
    const key = await crypto.subtle.importKey("spki", spki, OAEP, true, ["encrypt"]);
    const { modulusLength, publicExponent } = key.algorithm as RsaHashedKeyAlgorithm;
    const same = equal(new Uint8Array(await crypto.subtle.exportKey("spki", key)), spki);
    if (same && BITS.includes(modulusLength) && hex(publicExponent) === "010001") return key;
  } catch {
    // Not RSA at all.
  }
  return fail("key-unusable");
}
