/** Wrapping one secret to one key, bound to its bid and place (docs/spec/sealed-bid.md, 11). */
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import { ENVELOPE, Role } from "./derive";
import { concat, equal, hex, unhex, utf8 } from "./encoding";
import { CryptoFailure, fail } from "./failure";
import { expand, extract, sha256 } from "./hash";
import type { Promised, WrapKind } from "./header";
import { isPoint, isScalar, pointIn, pointOf } from "./p256";
import type { Bytes, Hex, OpeningKey } from "./types";

const ENC = 65;
const RSA_BITS = [2048, 3072, 4096];
const OAEP = { name: "RSA-OAEP", hash: "SHA-256" } as const;
const ECDH = { name: "ECDH", namedCurve: "P-256" } as const;

const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** key id */
export function keyId(spki: Uint8Array): Hex {
  return hex(sha256(spki));
}

export function wrapKind(spki: Bytes): WrapKind {
  return pointIn(spki) ? "hpke-p256" : "rsa-oaep-sha256";
}

/** wctx for one recipient: x counts from 1. */
export function wrapContext(promised: Pick<Promised, "context" | "hctx">, role: Role, x: number, key: Hex): Bytes {
  const { context } = promised;
  const [t, n] =
    role === Role.recipient
      ? [1, context.recipients.length]
      : role === Role.release
        ? [context.release.t, context.release.n]
        : [context.rescue?.t ?? 0, context.rescue?.n ?? 0];
  return concat(utf8("kaibiao/1 wrap"), Uint8Array.of(ENVELOPE, role, t, n, x), unhex(key, 32)!, promised.hctx);
}

/**
 * Wraps a secret. `ikm` makes the ephemeral key of HPKE: a dealt one for
 * custodians, random for recipients. Refuses keys that are of neither kind.
 */
export async function wrapTo(spki: Bytes, wctx: Bytes, secret: Bytes, ikm: Bytes): Promise<Bytes> {
  const point = pointIn(spki);
  if (!point) return wrapRsa(spki, wctx, secret);
  if (!isPoint(point)) fail("key-unusable");
  const recipientPublicKey = await crypto.subtle.importKey("raw", point, ECDH, true, []);
  const { ct, enc } = await suite.seal({ recipientPublicKey, info: wctx, ekm: await deriveKeyPair(ikm) }, secret);
  return concat(new Uint8Array(enc), new Uint8Array(ct));
}

/** Opens a wrap under a wctx that the caller computed from a checked header. */
export async function unwrap(key: OpeningKey, kind: WrapKind, wctx: Bytes, value: Bytes): Promise<Bytes> {
  if ((kind === "hpke-p256") !== (key.kind === "p-256")) fail("wrap-not-opened");
  return key.kind === "p-256" ? openHpke(key, wctx, value) : openRsa(key, wctx, value);
}

async function openHpke(key: OpeningKey, wctx: Bytes, value: Bytes): Promise<Bytes> {
  try {
    if (value.length !== ENC + 48 || !isPoint(value.subarray(0, ENC))) fail("wrap-not-opened");
    const publicKey = await crypto.subtle.importKey("raw", pointIn(key.spki)!, ECDH, true, []);
    const secret = await suite.open(
      { recipientKey: { privateKey: key.key, publicKey }, enc: value.slice(0, ENC), info: wctx },
      value.slice(ENC),
    );
    return new Uint8Array(secret);
  } catch {
    throw new CryptoFailure("wrap-not-opened");
  }
}

async function wrapRsa(spki: Bytes, wctx: Bytes, secret: Bytes): Promise<Bytes> {
  const key = await importRsa(spki);
  return new Uint8Array(await crypto.subtle.encrypt(OAEP, key, concat(secret, sha256(wctx))));
}

async function openRsa(key: OpeningKey, wctx: Bytes, value: Bytes): Promise<Bytes> {
  let opened: Bytes;
  try {
    opened = new Uint8Array(await crypto.subtle.decrypt(OAEP, key.key, value));
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
    if (same && RSA_BITS.includes(modulusLength) && hex(publicExponent) === "010001") return key;
  } catch {
    // Not RSA at all.
  }
  return fail("key-unusable");
}

const KEM = concat(utf8("KEM"), Uint8Array.of(0x00, 0x10));

/**
 * DeriveKeyPair of RFC 9180, 7.1.3. By hand, since the library derives the
 * public half from what a browser exports of the private one, and falls back
 * on a point of unknown sign where a browser exports nothing.
 */
async function deriveKeyPair(ikm: Bytes): Promise<CryptoKeyPair> {
  const prk = extract(new Uint8Array(), concat(utf8("HPKE-v1"), KEM, utf8("dkp_prk"), ikm));
  for (let counter = 0; counter < 256; counter++) {
    const scalar = expand(prk, Uint8Array.of(0, 32), utf8("HPKE-v1"), KEM, utf8("candidate"), Uint8Array.of(counter));
    if (isScalar(scalar)) return importScalar(scalar);
  }
  return fail("key-unusable");
}

/** Both halves in WebCrypto; the private one stays in. */
export async function importScalar(scalar: Bytes): Promise<CryptoKeyPair> {
  const point = pointOf(scalar);
  const jwk = { kty: "EC", crv: "P-256", x: url(point.subarray(1, 33)), y: url(point.subarray(33)) };
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey("jwk", { ...jwk, d: url(scalar) }, ECDH, false, ["deriveBits"]),
    crypto.subtle.importKey("raw", point, ECDH, true, []),
  ]);
  return { privateKey, publicKey };
}

function url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
