/** A lot's sealing terms (docs/spec/terms.md). */
import type { SignedAct } from "../contract";
import type { SealTerms } from "./seal";
import type { Schema } from "./sheet";
import type { Bytes, Hex, Judge, Millis, Organisation } from "./types";

export interface Named {
  name: string;
  organisation: Organisation;
}

export interface Custodian {
  x: number;
  organisation: Organisation;
  name: string;
  /** Base64 of the uncompressed point. */
  key: string;
  agent?: string;
  certified: SignedAct;
}

export interface Stays {
  checking: number;
  starting: number;
  window: number;
  extensions: number;
  rescue: number;
  quorum: number;
  releasing: number;
  opening: number;
  announcing: number;
  confirming: number;
  objections: number;
  signing: number;
  suspension: number;
}

export interface SealingTerms {
  version: number;
  project: string;
  lot: string;
  number: number;
  suite: string;
  envelopes: number;
  schema: Schema;
  custodians: Custodian[];
  release: number;
  rescue?: number;
  policy: { minimum: number; fails_after_unlock: boolean; masked: boolean; reading: "received" | "reversed" | "digest"; stays: Stays };
  officials: { tenderer: Named; agency?: Named; centre: Named; supervisor: Named };
  trust: {
    origin: string;
    statement_key: string;
    receipt_key: string;
    log_key?: string;
    witnesses?: string[];
    quorum: number;
    tsas?: string[];
  };
}

/** Terms as parsed, not yet believed. */
export interface Terms {
  bytes: Bytes;
  digest: Hex;
  content: SealingTerms;
}

/** Strict: exact bytes as served, every member known. */
export function parseTerms(bytes: Bytes | string): Terms {
  void bytes;
  throw new Error("not yet");
}

/** Terms of section 2: thresholds, custodians' certified keys under one's own roots, no one side alone. */
export async function checkTerms(terms: Terms, judge: Judge, now: Millis, asked?: { project: string; lot: string }): Promise<void> {
  void [terms, judge, now, asked];
  throw new Error("not yet");
}

/** That the host itself signed these terms: its `publish`, or the last `amend` of this lot. */
export async function checkPublication(terms: Terms, publication: SignedAct, judge: Judge, now: Millis): Promise<void> {
  void [terms, publication, judge, now];
  throw new Error("not yet");
}

/** From checked terms to what sealing wants. `rescue`: whether the bidder wants one. */
export function sealTerms(terms: Terms, rescue: boolean): SealTerms {
  void [terms, rescue];
  throw new Error("not yet");
}

/** The bidder's own encryption key first, then spares, each once (terms.md, 3). */
export function recipients(own: Bytes, spares: Bytes[]): Bytes[] {
  void [own, spares];
  throw new Error("not yet");
}
