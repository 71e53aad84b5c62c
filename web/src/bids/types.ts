/** Sealed bids as this device knows them. */
import type { ActSignature, Failure, Hex, Member, Millis, SignedAct, Statement } from "@/crypto/contract";

/** `kept`: on this device only. `refused`: the server said no, see `failure`. */
export type KeptState = "kept" | "uploading" | "received" | "superseded" | "withdrawn" | "stale" | "refused" | "unlocked";

/** Why something failed: a refusal of the server in its own words, or a code of ours. */
export interface KeptFailure extends Failure {
  zh?: string;
  en?: string;
}

export interface Consortium {
  members: Member[];
  /** Their agreement is on paper among the documents: nobody but the lead signs here. */
  paper: boolean;
  /** The submission that the lead has signed for them to sign. */
  act?: SignedAct;
  consents: ActSignature[];
  /** Codes of the members whose signatures are among `consents`. */
  signed: string[];
}

export interface LogLine {
  time: Millis;
  what: string;
  code?: string;
}

export interface KeptBid {
  bid: Hex;
  project: string;
  lot: string;
  /** Who sealed it: a certificate's organisation. */
  bidder: string;
  name: string;
  size: number;
  documents: number;
  sealed: Millis;
  state: KeptState;
  failure?: KeptFailure;
  /** The sealing terms' text, where it is on this device. */
  terms?: string;
  receipt?: Statement;
  received?: Millis;
  /** Place in this organisation's chain of submissions and withdrawals, once the server told it. */
  sequence?: number;
  acknowledgement?: Statement;
  unlockedAt?: Millis;
  /** The members beside this lead, where it bids as a consortium (联合体). */
  consortium?: Consortium;
  /** Whether the whole .kbid is here, or only what the server told. */
  whole: boolean;
  log: LogLine[];
}

/** What is kept of a bid beside what is shown of it. */
export interface Record extends KeptBid {
  /** The header's bytes. */
  header?: Uint8Array;
  /** SHA-256 of every sealed chunk. */
  chunks?: Uint8Array;
  /** The file's name in the origin's own file system; without one it is a blob in the index. */
  stored?: string;
  /** A submission under way: sent again as it is, so that it stays one submission. */
  submit?: SignedAct;
  /** Bodies of the unlocks that were sent, without their secret: an acknowledgement names one. */
  unlockActs?: string[];
}

export interface UploadState {
  bid: Hex;
  phase: "checking" | "header" | "sending" | "waiting" | "receipt" | "done" | "failed" | "elsewhere";
  done: number;
  total: number;
  /** Bytes a second, over the last seconds. */
  rate: number;
  /** Seconds to go at that rate. */
  remaining: number | null;
  failure?: KeptFailure;
}
