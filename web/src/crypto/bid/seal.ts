/** Sealing a bid in one pass (docs/spec/sealed-bid.md, 14). */
import type { Progress } from "../contract";
import type { Bytes, Hex, Millis, Organisation, Random, Sink } from "./types";

/** What of the sealing terms goes into a bid; checked before (terms.ts). */
export interface SealTerms {
  project: string;
  lot: string;
  digest: Hex;
  /** SPKI of the custodians' P-256 keys by x. */
  custodians: Bytes[];
  release: number;
  /** null: no rescue, or not wanted. */
  rescue: number | null;
}

export interface SealDocument {
  name: string;
  media: string;
  file: Blob;
}

export interface SealOrder {
  terms: SealTerms;
  bidder: Organisation;
  /** DER, the signing certificate first, without the root. */
  chain: Bytes[];
  /** SPKI of whom b is wrapped to: the encryption certificate's key, then spares. */
  recipients: Bytes[];
  /** Public fields (segment 0) and the others (manifest): `splitSheet` of sheet.ts. */
  sheet: { open: Record<string, unknown>; kept: Record<string, unknown> };
  documents: SealDocument[];
  time: Millis;
}

export interface SealManner {
  /** what: "document" (index, bytes of it), then "manifest". */
  progress?: (progress: Progress) => void;
  signal?: AbortSignal;
  random?: Random;
}

export interface Sealed {
  header: Bytes;
  bid: Hex;
  /** SHA-256 of every sealed chunk in the order of the body, 32 bytes each: the submit's `chunks`. */
  chunks: Bytes;
  /** Bytes of the whole .kbid. */
  size: number;
}

/** Writes a whole .kbid into the sink, from 0. What was written is no bid unless this returns. */
export async function seal(order: SealOrder, sink: Sink, manner: SealManner = {}): Promise<Sealed> {
  void [order, sink, manner];
  throw new Error("not yet");
}

/** A sink in memory, for small bids and browsers without a file system of the origin's own. */
export class MemorySink implements Sink {
  write(at: number, bytes: Bytes): void {
    void [at, bytes];
    throw new Error("not yet");
  }

  /** Everything written, which must leave no gap. */
  blob(): Blob {
    throw new Error("not yet");
  }
}

/** Digests of all sealed chunks of a .kbid's body, each segment held against its C_i. */
export async function checkBody(file: Blob, manner: SealManner = {}): Promise<Bytes> {
  void [file, manner];
  throw new Error("not yet");
}

/** By the name's ending; what is not known is bytes. */
export function mediaType(name: string): string {
  void name;
  throw new Error("not yet");
}
