/**
 * Suites of algorithms: all that bids and acts are hashed, derived, encrypted,
 * wrapped and signed with. The formats in ../bid frame bytes (labels, places,
 * contexts) and ask here for the algorithm. Each suite is a folder beside this
 * file. Keys travel as SubjectPublicKeyInfo and are parsed only in here.
 */
import type { Bytes, OpeningKey } from "../bid/types";
import type { ActSignature } from "../contract";

export { intl } from "./intl";

/** An authenticated cipher under one key. */
export interface Aead {
  seal(nonce: Bytes, bound: Bytes, plain: Bytes): Promise<Bytes>;
  /** Nothing where it is not authentic. */
  open(nonce: Bytes, bound: Bytes, sealed: Bytes): Promise<Bytes | undefined>;
}

/** A key that signatures are checked with; Ed25519 keys are the raw 32 bytes. */
export type VerifyingKey = { kind: "spki"; spki: Bytes } | { kind: "ed25519"; key: Bytes };

export type WrapKind = "hpke-p256" | "rsa-oaep-sha256";

export interface Suite {
  /** As sealing terms and ctx name it. */
  name: "intl";

  /** H, of parts one after the other. */
  digest(...parts: Uint8Array[]): Bytes;
  /** H of a chunk, away from this thread. */
  digestAsync(bytes: Bytes): Promise<Bytes>;
  extract(salt: Uint8Array, ikm: Uint8Array): Bytes;
  /** Always 32 bytes. */
  expand(prk: Uint8Array, ...info: Uint8Array[]): Bytes;
  /** Takes the raw key over and wipes it. */
  aead(raw: Bytes): Promise<Aead>;

  wrapKind(spki: Bytes): WrapKind;
  /**
   * Wraps a secret of 32 bytes to a key. `ikm` makes the ephemeral key of HPKE:
   * a dealt one for custodians, random for recipients. Refusal: key-unusable.
   */
  wrapTo(spki: Bytes, wctx: Bytes, secret: Bytes, ikm: Bytes): Promise<Bytes>;
  /**
   * Opens a wrap under a wctx that the caller computed from a checked header.
   * Refusals: wrap-not-opened, wrap-not-bound.
   */
  unwrap(key: OpeningKey, kind: WrapKind, wctx: Bytes, value: Bytes): Promise<Bytes>;

  /** Whether somebody can hold this Ed25519 key alone. */
  hasAnOwner(key: Bytes): boolean;
  /** By keys of this suite. Refusals: signature-wrong-algorithm, signature-form, signature-invalid, ed25519-missing. */
  verify(key: VerifyingKey, algorithm: ActSignature["algorithm"], value: Bytes, bytes: Bytes): Promise<void>;
  /** r || s with the smaller s: what WebCrypto's ECDSA returns becomes what is accepted. */
  lowS(signature: Uint8Array): Bytes;

  /** Whether 32 random bytes can be a custodian's secret key. */
  isSecretKey(secret: Uint8Array): boolean;
  /** The SubjectPublicKeyInfo of a secret key. */
  publicOf(secret: Uint8Array): Bytes;
  isCustodyKey(spki: Uint8Array): boolean;
  /** The SubjectPublicKeyInfo of a point as terms tell it; nothing where it is not on the curve. */
  custodyKeyOf(point: Uint8Array): Bytes | undefined;
  openingKey(secret: Bytes, spki: Bytes): Promise<OpeningKey>;
}
