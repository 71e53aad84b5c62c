/** The suite `gm`: SM3, HKDF-SM3, SM4-CTR with HMAC-SM3, and SM2 (docs/spec/suite-gm.md). */
import { fail } from "../../bid/failure";
import type { Suite } from "..";
import { keyFileCipher, SEALED } from "./keyfile";
import type { Gm } from "./module";
import { pointIn, spkiOf } from "./point";
import { segmentCipher, TAG } from "./segment";
import { DEALT, FRESH, open, wrapDealt, wrapFresh } from "./wrap";

/** Over the module, which is loaded before. */
export function gmOver(gm: Gm): Suite {
  const isKey = (spki: Uint8Array) => {
    const point = pointIn(spki);
    return point !== undefined && gm.isPoint(point);
  };
  return {
    name: "gm",
    digest: gm.sm3,
    digestAsync: async (bytes) => gm.sm3(bytes),
    extract: gm.extract,
    expand: gm.expand,
    tag: TAG,
    segment: async (key, place) => segmentCipher(gm, key, place),
    wraps: { sm2: DEALT, "sm2-sm4-cbc": FRESH },
    wrapKind: () => "sm2-sm4-cbc",
    dealtKind: "sm2",
    wrapFresh: async (spki, wctx, secret, random) => wrapFresh(gm, spki, wctx, secret, random),
    wrapTo: async (spki, wctx, secret, ikm) => wrapDealt(gm, spki, wctx, secret, ikm),
    unwrap: async (key, kind, wctx, value) => (key.kind === "sm2" ? open(gm, key.scalar, kind, wctx, value) : fail("wrap-not-opened")),
    keyFile: async (stretched) => keyFileCipher(gm, stretched),
    sealedScalar: SEALED,
    isSecretKey: (secret) => gm.sm2Public(secret) !== undefined,
    publicOf: (secret) => spkiOf(gm.sm2Public(secret) ?? fail("key-unusable")),
    isCustodyKey: isKey,
    custodyKeyOf: (point) => (gm.isPoint(point) ? spkiOf(point) : undefined),
    openingKey: async (secret, spki) => ({ kind: "sm2", spki, scalar: secret.slice() }),
  };
}
