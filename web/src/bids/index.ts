/** Sealed bids on this device: kept, handed in, unlocked. */
import type { Failure, Hex, Millis, OnSteps, OtherKey, SealedBid, Statement } from "@/crypto/contract";

/** `kept`: on this device only. `refused`: the server said no, see `failure`. */
export type KeptState = "kept" | "uploading" | "received" | "superseded" | "withdrawn" | "stale" | "refused" | "unlocked";

export interface KeptBid {
  bid: Hex;
  project: string;
  lot: string;
  /** Who sealed it: a certificate's organisation. */
  bidder: { issuer: string; code: string };
  name: string;
  size: number;
  documents: number;
  sealed: Millis;
  state: KeptState;
  failure?: Failure & { zh?: string; en?: string };
  /** The sealing terms' text, where it is on this device. */
  terms?: string;
  receipt?: Statement;
  received?: Millis;
  acknowledgement?: Statement;
  unlockedAt?: Millis;
  /** Whether the whole .kbid is here, or only what the server told. */
  whole: boolean;
  log: { time: Millis; what: string; code?: string }[];
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
  failure?: Failure & { zh?: string; en?: string };
}

export interface BidStore {
  bids: KeptBid[];
  uploads: Record<Hex, UploadState>;
  ready: boolean;
  /** Reads what is on this device; unfinished uploads go on by themselves once logged in. */
  load(): Promise<void>;
  /** Keeps a bid just sealed, with the terms it was sealed under. */
  keep(sealed: SealedBid, terms: string): Promise<KeptBid>;
  /** Takes a .kbid from elsewhere. */
  importFile(file: File): Promise<KeptBid>;
  /** Hands the file to the person: a save dialog or a download. */
  save(bid: Hex): Promise<void>;
  remove(bid: Hex): Promise<void>;
  /** Hands it in, or goes on; resolves with the verified receipt. */
  submit(bid: Hex): Promise<Statement>;
  withdraw(project: string, lot: string): Promise<void>;
  /** Whatever the server knows of own bids in a project, with what is kept here. */
  refresh(project: string): Promise<void>;
  unlockBid(project: string, lot: string, onSteps: OnSteps, options?: { with?: OtherKey; bid?: Hex }): Promise<{ bid: Hex; received: Millis }>;
  /** The log of every attempt, as text for a help request. */
  diagnosis(project: string, lot: string): string;
}

export const useBids = (): BidStore => {
  throw new Error("to come");
};
