/** The suite `intl`: SHA-256, HKDF, AES-256-GCM, HPKE on P-256 and RSA-OAEP; signatures by RSA, P-256 and Ed25519. */
import { fail } from "../../bid/failure";
import type { Suite } from "..";
import { aead } from "./aead";
import { sha256, sha256Async } from "./digest";
import { importScalar, openHpke, wrapHpke } from "./hpke";
import { expand, extract } from "./kdf";
import { openRsa, wrapRsa } from "./oaep";
import { isPoint, isScalar, pointIn, pointOf, spkiOf } from "./p256";
import { hasAnOwner, lowS, verify } from "./signature";

export const intl: Suite = {
  name: "intl",
  digest: sha256,
  digestAsync: sha256Async,
  extract,
  expand,
  aead,
  wrapKind: (spki) => (pointIn(spki) ? "hpke-p256" : "rsa-oaep-sha256"),
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
