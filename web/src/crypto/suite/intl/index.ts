/** The suite `intl`: SHA-256, HKDF, AES-256-GCM, HPKE on P-256 and RSA-OAEP; signatures by RSA, P-256 and Ed25519. */
import { fail } from "../../bid/failure";
import type { IntlSuite } from "..";
import { aead } from "./aead";
import { sha256, sha256Async } from "./digest";
import { importScalar, openHpke, wrapHpke } from "./hpke";
import { expand, extract } from "./kdf";
import { segmentCipher, TAG } from "./segment";
import { openRsa, wrapRsa } from "./oaep";
import { isPoint, isScalar, pointIn, pointOf, spkiOf } from "./p256";
import { hasAnOwner, lowS, verify } from "./signature";

/** A fresh salt for each key file, so the key is used once. */
const NONCE = new Uint8Array(12);

export const intl: IntlSuite = {
  name: "intl",
  digest: sha256,
  digestAsync: sha256Async,
  extract,
  expand,
  aead,
  tag: TAG,
  segment: segmentCipher,
  wraps: {
    "hpke-p256": { fits: (length) => length === 113, recipients: true, custodians: true },
    "rsa-oaep-sha256": { fits: (length) => [256, 384, 512].includes(length), recipients: true, custodians: false },
  },
  wrapKind: (spki) => (pointIn(spki) ? "hpke-p256" : "rsa-oaep-sha256"),
  dealtKind: "hpke-p256",
  wrapFresh: (spki, wctx, secret, random) => intl.wrapTo(spki, wctx, secret, random(32)),
  async wrapTo(spki, wctx, secret, ikm) {
    const point = pointIn(spki);
    return point ? wrapHpke(point, wctx, secret, ikm) : wrapRsa(spki, wctx, secret);
  },
  async unwrap(own, kind, wctx, value) {
    if (own.kind === "sm2" || (kind === "hpke-p256") !== (own.kind === "p-256")) return fail("wrap-not-opened");
    if (own.kind === "rsa") return openRsa(own.key, wctx, value);
    return openHpke(own.key, pointIn(own.spki) ?? fail("wrap-not-opened"), wctx, value);
  },
  verify,
  hasAnOwner,
  lowS,
  async keyFile(stretched) {
    const cipher = await aead(stretched);
    return {
      seal: (aad, scalar) => cipher.seal(NONCE, aad, scalar),
      open: (aad, sealed) => cipher.open(NONCE, aad, sealed),
    };
  },
  sealedScalar: 48,
  isSecretKey: isScalar,
  publicOf: (secret) => spkiOf(pointOf(secret)),
  isCustodyKey(spki) {
    const point = pointIn(spki);
    return point !== undefined && isPoint(point);
  },
  custodyKeyOf: (point) => (isPoint(point) ? spkiOf(point) : undefined),
  async openingKey(secret, spki) {
    const { privateKey } = await importScalar(secret);
    return { kind: "p-256", spki, key: privateKey };
  },
};
