/**
 * SM2, SM3 and SM4 (docs/spec/suite-gm.md), computed by crypto/gm as a WASM module. It is
 * fetched and started once, when it is first asked for: who never needs it never loads it.
 * What goes in is wiped there after each call; what the caller holds the caller wipes.
 */
import { concat } from "../../bid/encoding";
import { CryptoFailure } from "../../bid/failure";
import type { Bytes } from "../../bid/types";

/** How a signature was found: not r and s in their one spelling, or one that does not hold. */
export type Found = "valid" | "form" | "invalid";

/** The module, started. Keys, counters and blocks of SM4 have 16 bytes; scalars, digests and `ikm` have 32; points 65. */
export interface Gm {
  sm3(...parts: Uint8Array[]): Bytes;
  hmac(key: Uint8Array, ...parts: Uint8Array[]): Bytes;
  /** HKDF-Extract. */
  extract(salt: Uint8Array, ikm: Uint8Array): Bytes;
  /** HKDF-Expand to 32 bytes. */
  expand(prk: Uint8Array, ...info: Uint8Array[]): Bytes;
  /** Both, to 32 bytes. */
  hkdf(salt: Uint8Array, ikm: Uint8Array, ...info: Uint8Array[]): Bytes;

  sm4Ctr(key: Uint8Array, counter: Uint8Array, text: Uint8Array): Bytes;
  /** Whole blocks, without padding. */
  sm4CbcEncrypt(key: Uint8Array, iv: Uint8Array, text: Uint8Array): Bytes;
  sm4CbcDecrypt(key: Uint8Array, iv: Uint8Array, text: Uint8Array): Bytes;
  sm4EcbEncrypt(key: Uint8Array, text: Uint8Array): Bytes;
  sm4EcbDecrypt(key: Uint8Array, text: Uint8Array): Bytes;

  isPoint(point: Uint8Array): boolean;
  /** The uncompressed point of a scalar; nothing where it is no private key. */
  sm2Public(scalar: Uint8Array): Bytes | undefined;
  /** DER, with SM3, under the identifier 1234567812345678: a function of key and message alone. */
  sm2Sign(scalar: Uint8Array, message: Uint8Array): Bytes;
  sm2Verify(point: Uint8Array, message: Uint8Array, der: Uint8Array): Found;
  /** DER of GM/T 0009; `ikm` yields the ephemeral scalar, so 32 random bytes make a random one. Nothing where the point is none. */
  sm2Encrypt(point: Uint8Array, ikm: Uint8Array, text: Uint8Array): Bytes | undefined;
  /** Nothing unless it is the one DER of so many bytes, to this key. */
  sm2Decrypt(scalar: Uint8Array, der: Uint8Array, length: number): Bytes | undefined;

  /** The cipher of one segment: SK_i, H(ctx), and the number of its last chunk. */
  segment(key: Uint8Array, envelope: number, segment: number, hctx: Uint8Array, last: number): GmSegment;
}

/** Chunks one after the other, each with 32 bytes of room, which become what comes out; 64 bytes of digests for each. */
export interface GmSegment {
  seal(first: number, bytes: Uint8Array): Bytes;
  open(first: number, bytes: Uint8Array): Bytes;
  /** Wipes its keys. */
  free(): void;
}

let loading: Promise<Gm> | undefined;

/** The module. Refusal: suite-unavailable, where it cannot be fetched or the browser runs none. */
export function loadGm(): Promise<Gm> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw new CryptoFailure("suite-unavailable", { suite: "gm", reason: error instanceof Error ? error.message : String(error) });
  });
  return loading;
}

type Made = typeof import("./made/gm.js");

async function load(): Promise<Gm> {
  const [made, { MODULE }] = await Promise.all([import("./made/gm.js"), import("./made/module")]);
  const bytes = Uint8Array.from(atob(MODULE), (character) => character.charCodeAt(0));
  made.initSync({ module: await WebAssembly.compile(bytes) });
  return over(made);
}

function over(made: Made): Gm {
  const hmac: Gm["hmac"] = (key, ...parts) => made.hmac(key, concat(...parts)) as Bytes;
  const expand: Gm["expand"] = (prk, ...info) => hmac(prk, ...info, Uint8Array.of(1));
  return {
    sm3: (...parts) => made.sm3(parts.length === 1 ? parts[0]! : concat(...parts)) as Bytes,
    hmac,
    extract: hmac,
    expand,
    hkdf: (salt, ikm, ...info) => expand(hmac(salt, ikm), ...info),
    sm4Ctr: (key, counter, text) => sized(made.sm4Ctr(key, counter, text)),
    sm4CbcEncrypt: (key, iv, text) => sized(made.sm4CbcEncrypt(key, iv, text)),
    sm4CbcDecrypt: (key, iv, text) => sized(made.sm4CbcDecrypt(key, iv, text)),
    sm4EcbEncrypt: (key, text) => sized(made.sm4EcbEncrypt(key, text)),
    sm4EcbDecrypt: (key, text) => sized(made.sm4EcbDecrypt(key, text)),
    isPoint: made.sm2IsPoint,
    sm2Public: (scalar) => made.sm2Public(scalar) as Bytes | undefined,
    sm2Sign: (scalar, message) => sized(made.sm2Sign(scalar, message)),
    sm2Verify: (point, message, der) => FOUND[made.sm2Verify(point, message, der)],
    sm2Encrypt: (point, ikm, text) => made.sm2Encrypt(point, ikm, text) as Bytes | undefined,
    sm2Decrypt: (scalar, der, length) => made.sm2Decrypt(scalar, der, length) as Bytes | undefined,
    segment: (key, envelope, segment, hctx, last) => sized(made.Segment.of(key, envelope, segment, hctx, last)) as unknown as GmSegment,
  };
}

const FOUND = ["valid", "form", "invalid"] as const;

/** What comes of nothing only when a caller gives bytes of a wrong length. */
function sized<T>(found: T | undefined): T extends Uint8Array ? Bytes : T {
  if (found === undefined) throw new RangeError("a key, block, scalar or text of a wrong length");
  return found as T extends Uint8Array ? Bytes : T;
}
