/** The header of a sealed bid (docs/spec/sealed-bid.md, 2 to 6). */
import type { Bytes, Hex, Millis, Organisation } from "./types";

export interface Threshold {
  n: number;
  t: number;
}

export interface Context {
  bidder: Organisation;
  certificate: Hex;
  custodians: Hex[];
  envelopes: number[];
  format: string;
  lot: string;
  message: Hex;
  project: string;
  recipients: Hex[];
  release: Threshold;
  rescue: Threshold | null;
  suite: string;
  terms: Hex;
  time: Millis;
}

export interface SegmentCommitment {
  ciphertext: Hex;
  key: Hex;
  length: number;
}

export interface EnvelopeCommitments {
  b: Hex;
  dek: Hex;
  plaintexts: [Hex, Hex];
  r: Hex;
  release: Hex[];
  rescue: Hex[];
  segments: SegmentCommitment[];
}

export type WrapKind = "hpke-p256" | "rsa-oaep-sha256";

export interface Wrap {
  key: Hex;
  kind: WrapKind;
  value: Bytes;
}

export interface EnvelopeWraps {
  recipients: Wrap[];
  release: Wrap[];
  rescue: Wrap[];
}

/** One segment's place in the body; offsets count from the header's end. */
export interface Place {
  segment: number;
  offset: number;
  plaintext: number;
  ciphertext: number;
}

/** ctx and commitments: enough to check secrets and to open segments. */
export interface Promised {
  context: Context;
  commitments: EnvelopeCommitments;
  /** H(ctx) */
  hctx: Bytes;
  places: Place[];
  /** Bytes of all ciphertexts together. */
  length: number;
}

export interface Header extends Promised {
  bytes: Bytes;
  /** The bid digest. */
  bid: Hex;
  wraps: EnvelopeWraps;
  /** DER, the signing certificate first. */
  chain: Bytes[];
}

/** Parses a header that travels alone: nothing may follow it. */
export function parseHeader(bytes: Bytes): Header {
  void bytes;
  throw new Error("not yet");
}

/** Parses the header at the front of a .kbid, and holds the file's length against it. */
export async function readKbid(file: Blob): Promise<Header> {
  void file;
  throw new Error("not yet");
}

/** ctx and commitments alone, their exact bytes. */
export function parsePromise(context: Bytes, commitments: Bytes): Promised {
  void [context, commitments];
  throw new Error("not yet");
}
