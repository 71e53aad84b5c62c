/**
 * Suites of algorithms: all that bids and acts are hashed, derived, encrypted,
 * wrapped and signed with. The formats in ../bid frame bytes (labels, places,
 * contexts) and ask here for the algorithm. Each suite is a folder beside this
 * file. Keys travel as SubjectPublicKeyInfo and are parsed only in here.
 *
 * `gm` is a module that is loaded when it is first needed: whoever takes bytes in
 * awaits `ready`, and everything after that finds its suite at once.
 */
import { text } from "../bid/encoding";
import { fail } from "../bid/failure";
import type { Bytes, OpeningKey, Random } from "../bid/types";
import type { ActSignature } from "../contract";
import { gmOver } from "./gm";
import { loadGm } from "./gm/module";
import { isOfGm } from "./gm/point";
import { intl } from "./intl";

export { intl };

/** An authenticated cipher under one key. */
export interface Aead {
  seal(nonce: Bytes, bound: Bytes, plain: Bytes): Promise<Bytes>;
  /** Nothing where it is not authentic. */
  open(nonce: Bytes, bound: Bytes, sealed: Bytes): Promise<Bytes | undefined>;
}

/** A key that signatures are checked with; Ed25519 keys are the raw 32 bytes. */
export type VerifyingKey = { kind: "spki"; spki: Bytes } | { kind: "ed25519"; key: Bytes };

export type WrapKind = "hpke-p256" | "rsa-oaep-sha256" | "sm2" | "sm2-sm4-cbc";

/** What is asked of a wrap before it is opened. */
export interface WrapForm {
  /** Whether a value can have so many bytes. */
  fits(length: number): boolean;
  /** Whom such wraps are for. */
  recipients: boolean;
  custodians: boolean;
}

/** A chunk that was sealed or opened. */
export interface Chunk {
  /** Nothing where it was to be opened and is not authentic. */
  bytes: Bytes | undefined;
  /** H of its plaintext, where there is one, and of its sealed form. */
  plain: Bytes | undefined;
  sealed: Bytes;
}

/** The cipher of one segment, with all that its chunks are bound to. */
export interface SegmentCipher {
  /** Seals successive chunks, the first of which has the number `first`; into `room`, where a suite can, which is as long as all of them sealed. */
  seal(first: number, plain: Bytes[], room?: Bytes): Promise<Chunk>[];
  open(first: number, sealed: Bytes[]): Promise<Chunk>[];
  /** Wipes its keys: it seals and opens nothing any more. */
  forget(): void;
}

/** What every chunk of a segment is bound to. */
export interface SegmentPlace {
  hctx: Bytes;
  envelope: number;
  segment: number;
  /** How many chunks it has. */
  chunks: number;
}

/** What a key file seals its scalar with. */
export interface KeyFileCipher {
  seal(aad: Bytes, scalar: Bytes): Promise<Bytes>;
  /** Nothing where the passphrase was another. */
  open(aad: Bytes, sealed: Bytes): Promise<Bytes | undefined>;
}

export type SuiteName = "intl" | "gm";

export interface Suite {
  /** As sealing terms and ctx name it. */
  name: SuiteName;

  /** H, of parts one after the other. */
  digest(...parts: Uint8Array[]): Bytes;
  /** H of a chunk, away from this thread where that can be. */
  digestAsync(bytes: Bytes): Promise<Bytes>;
  extract(salt: Uint8Array, ikm: Uint8Array): Bytes;
  /** Always 32 bytes. */
  expand(prk: Uint8Array, ...info: Uint8Array[]): Bytes;

  /** By how many bytes a sealed chunk is longer than its plaintext. */
  tag: number;
  /** The cipher under SK_i. */
  segment(key: Bytes, place: SegmentPlace): Promise<SegmentCipher>;

  wraps: Partial<Record<WrapKind, WrapForm>>;
  /** Of a recipient's wrap; that of a custodian's is `dealtKind`. */
  wrapKind(spki: Bytes): WrapKind;
  dealtKind: WrapKind;
  /** Wraps a secret of 32 bytes to a recipient's key. Refusal: key-unusable. */
  wrapFresh(spki: Bytes, wctx: Bytes, secret: Bytes, random: Random): Promise<Bytes>;
  /** The same to a custodian's, so that it can be made again: `ikm` makes the ephemeral key. */
  wrapTo(spki: Bytes, wctx: Bytes, secret: Bytes, ikm: Bytes): Promise<Bytes>;
  /**
   * Opens a wrap under a wctx that the caller computed from a checked header.
   * Refusals: wrap-not-opened, wrap-not-bound.
   */
  unwrap(key: OpeningKey, kind: WrapKind, wctx: Bytes, value: Bytes): Promise<Bytes>;

  /** Under 32 bytes that are stretched from a passphrase, which it wipes. */
  keyFile(stretched: Bytes): Promise<KeyFileCipher>;
  /** Bytes of a key file's sealed scalar. */
  sealedScalar: number;
  /** Whether 32 random bytes can be a custodian's secret key. */
  isSecretKey(secret: Uint8Array): boolean;
  /** The SubjectPublicKeyInfo of a secret key. */
  publicOf(secret: Uint8Array): Bytes;
  isCustodyKey(spki: Uint8Array): boolean;
  /** The SubjectPublicKeyInfo of a point as terms tell it; nothing where it is not on the curve. */
  custodyKeyOf(point: Uint8Array): Bytes | undefined;
  openingKey(secret: Bytes, spki: Bytes): Promise<OpeningKey>;
}

/** What is of suite `intl` in projects of either: the platform's signatures, and what stays on this device. */
export interface IntlSuite extends Suite {
  /** Takes the raw key over and wipes it. */
  aead(raw: Bytes): Promise<Aead>;
  /** Whether somebody can hold this Ed25519 key alone. */
  hasAnOwner(key: Bytes): boolean;
  /** By keys of this suite. Refusals: signature-wrong-algorithm, signature-form, signature-invalid, ed25519-missing. */
  verify(key: VerifyingKey, algorithm: ActSignature["algorithm"], value: Bytes, bytes: Bytes): Promise<void>;
  /** r || s with the smaller s: what WebCrypto's ECDSA returns becomes what is accepted. */
  lowS(signature: Uint8Array): Bytes;
}

let gm: Suite | undefined;

/** Loads a suite by its name, so that it is there from now on. Refusal: suite-unavailable. */
export async function loadSuite(name: string): Promise<void> {
  if (name === "gm") gm ??= gmOver(await loadGm());
}

/** How a text tells of suite `gm`: as canonical JSON spells it, and by the beginning of a key's base64. */
const TOLD = ['"suite":"gm"', "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQg"];

/** Loads the suites that terms, headers and key files tell of. */
export async function ready(...sources: (string | Uint8Array)[]): Promise<void> {
  const told = sources.some((source) => {
    const read = typeof source === "string" ? source : latin(source);
    return TOLD.some((word) => read.includes(word));
  });
  if (told) await loadSuite("gm");
}

const latin = (bytes: Uint8Array): string => text(bytes) ?? new TextDecoder("latin1").decode(bytes);

/** A suite that is there; nothing where the name is none's. Refusal: suite-unavailable. */
export function suiteNamed(name: string): Suite | undefined {
  if (name === "intl") return intl;
  return name === "gm" ? (gm ?? fail("suite-unavailable", { suite: "gm", reason: "not loaded" })) : undefined;
}

/** The suite that a key belongs to. */
export function suiteOfKey(spki: Uint8Array): Suite {
  return isOfGm(spki) ? suiteNamed("gm")! : intl;
}
