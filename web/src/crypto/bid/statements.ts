/** What the platform signs (docs/spec/signatures.md, 4). */
import type { Bytes, Hex, Millis } from "./types";

/** As the HTTP API writes it: always Ed25519. */
export interface SignedStatement {
  body: string;
  signature: string;
}

export interface Receipt {
  bid: Hex;
  leaf: Hex;
  lot: string;
  project: string;
  received: Millis;
  tick: number;
}

export interface Acknowledgement {
  bid: Hex;
  lot: string;
  project: string;
  received: Millis;
  unlock: Hex;
}

export interface Closing {
  at: Millis;
  lots: { bids: Hex[]; lot: string }[];
  project: string;
  root: Hex;
  shell_seq: number;
  size: number;
}

export interface Accepted {
  at: Millis;
  bids: Hex[];
  closing: Hex;
  lot: string;
  project: string;
  root: Hex;
  size: number;
}

export interface Statements {
  receipt: Receipt;
  acknowledge: Acknowledgement;
  closing: Closing;
  accepted: Accepted;
}

/** Verifies what the platform at `origin` said of `project` under a key the terms pin (base64 of 32 bytes). */
export async function checkStatement<K extends keyof Statements>(kind: K, signed: SignedStatement, place: { origin: string; project: string }, key: string | Bytes): Promise<Statements[K]> {
  void [kind, signed, place, key];
  throw new Error("not yet");
}
