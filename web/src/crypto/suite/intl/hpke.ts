/** HPKE on P-256 with HKDF-SHA-256 and AES-256-GCM (RFC 9180), base mode, one message. */
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import { concat, utf8 } from "../../bid/encoding";
import { CryptoFailure, fail } from "../../bid/failure";
import type { Bytes } from "../../bid/types";
import { expand, extract } from "./kdf";
import { isPoint, isScalar, pointOf } from "./p256";

/** The encapsulated key: an uncompressed point. */
const ENC = 65;
/** A secret of 32 bytes and a tag. */
const SEALED = 48;
const ECDH = { name: "ECDH", namedCurve: "P-256" } as const;

const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** `ikm` makes the ephemeral key. */
export async function wrapHpke(point: Bytes, wctx: Bytes, secret: Bytes, ikm: Bytes): Promise<Bytes> {
  if (!isPoint(point)) fail("key-unusable");
  const recipientPublicKey = await crypto.subtle.importKey("raw", point, ECDH, true, []);
  const { ct, enc } = await suite.seal({ recipientPublicKey, info: wctx, ekm: await deriveKeyPair(ikm) }, secret);
  return concat(new Uint8Array(enc), new Uint8Array(ct));
}

export async function openHpke(privateKey: CryptoKey, point: Bytes, wctx: Bytes, value: Bytes): Promise<Bytes> {
  try {
    if (value.length !== ENC + SEALED || !isPoint(value.subarray(0, ENC))) fail("wrap-not-opened");
    const publicKey = await crypto.subtle.importKey("raw", point, ECDH, true, []);
    const secret = await suite.open({ recipientKey: { privateKey, publicKey }, enc: value.slice(0, ENC), info: wctx }, value.slice(ENC));
    return new Uint8Array(secret);
  } catch {
    throw new CryptoFailure("wrap-not-opened");
  }
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
