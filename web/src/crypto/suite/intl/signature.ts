/** Signatures with SHA-256: RSA (RFC 8017), ECDSA on P-256 (FIPS 186-5), and Ed25519 (RFC 8032). */
import { concat, hex } from "../../bid/encoding";
import { CryptoFailure, fail } from "../../bid/failure";
import type { Bytes } from "../../bid/types";
import type { ActSignature } from "../../contract";
import type { VerifyingKey } from "..";
import { fromInteger, isPoint, ORDER, pointIn, toInteger } from "./p256";

/** An algorithm of the other suite is none here. */
type Algorithm = ActSignature["algorithm"];

/** r || s with the smaller s: what WebCrypto's ECDSA returns becomes what is accepted. */
export function lowS(signature: Uint8Array): Bytes {
  const s = toInteger(signature.subarray(32));
  return concat(signature.subarray(0, 32), fromInteger(2n * s > ORDER ? ORDER - s : s));
}

const NAMES: Partial<Record<Algorithm, "rsa" | "p-256" | "ed25519">> = {
  "rsa-pkcs1-sha256": "rsa",
  "rsa-pss-sha256": "rsa",
  "ecdsa-p256-sha256": "p-256",
  ed25519: "ed25519",
};

/** Ed25519 keys of small order, without the sign of x, in all their spellings: anybody can sign by them. */
const SMALL_ORDER = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/** Whether somebody can hold this Ed25519 key alone. */
export function hasAnOwner(key: Bytes): boolean {
  const y = key.slice();
  y[31]! &= 0x7f;
  return !SMALL_ORDER.has(hex(y));
}

/** Checks a signature over `bytes`. Refusals: signature-wrong-algorithm, -form, -invalid. */
export async function verify(key: VerifyingKey, algorithm: Algorithm, value: Bytes, bytes: Bytes): Promise<void> {
  const point = key.kind === "spki" ? pointIn(key.spki) : undefined;
  const kind = key.kind === "ed25519" ? "ed25519" : point ? "p-256" : "rsa";
  if (NAMES[algorithm] !== kind) fail("signature-wrong-algorithm");
  if (kind === "p-256" && !isLowS(value)) fail("signature-form");
  const holds = await (key.kind === "ed25519"
    ? verifyEd25519(key.key, value, bytes)
    : verifySpki(key.spki, point, algorithm, value, bytes));
  if (!holds) fail("signature-invalid");
}

/** 64 bytes; 1 <= r < n, 1 <= s <= (n-1)/2. */
function isLowS(value: Bytes): boolean {
  if (value.length !== 64) return false;
  const [r, s] = [toInteger(value.subarray(0, 32)), toInteger(value.subarray(32))];
  return r >= 1n && r < ORDER && s >= 1n && 2n * s < ORDER;
}

async function verifySpki(spki: Bytes, point: Bytes | undefined, algorithm: Algorithm, value: Bytes, bytes: Bytes): Promise<boolean> {
  const hash = "SHA-256";
  if (point) {
    if (!isPoint(point)) return false;
    const key = await crypto.subtle.importKey("raw", point, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    return crypto.subtle.verify({ name: "ECDSA", hash }, key, value, bytes);
  }
  const name = algorithm === "rsa-pss-sha256" ? "RSA-PSS" : "RSASSA-PKCS1-v1_5";
  const key = await crypto.subtle.importKey("spki", spki, { name, hash }, false, ["verify"]).catch(() => undefined);
  return key !== undefined && crypto.subtle.verify({ name, saltLength: 32 }, key, value, bytes);
}

async function verifyEd25519(key: Bytes, value: Bytes, bytes: Bytes): Promise<boolean> {
  // By a key that is everybody's nobody has signed.
  if (key.length !== 32 || !hasAnOwner(key)) return false;
  let imported: CryptoKey;
  try {
    imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  } catch (error) {
    // Chromium before 137, Firefox before 129 and Safari before 17 lack it.
    if (error instanceof Error && error.name === "NotSupportedError") throw new CryptoFailure("ed25519-missing");
    return false;
  }
  return crypto.subtle.verify("Ed25519", imported, value, bytes);
}
