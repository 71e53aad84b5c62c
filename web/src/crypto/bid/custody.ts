/** What a custodian proves by itself before it releases (sealing.md, life of a bid, 7). */
import type { ActBody, SignedAct } from "../contract";
import type { SignedStatement } from "./statements";
import type { Checked, Report } from "./steps";
import type { Terms } from "./terms";
import type { Bytes, Hex, Judge, Millis, OpeningKey } from "./types";

/** GET .../lots/{lot}/accepted. */
export interface AcceptedView {
  accepted: SignedStatement;
  closing: SignedStatement;
  consistency: Hex[];
  bids: { bid: Hex; header: string; unlock?: SignedAct | null }[];
}

/** What was released for a lot: kept for ever, written before anything is sent. */
export interface Released {
  project: string;
  lot: string;
  closing: Hex;
  accepted: Hex;
  bids: Hex[];
}

export interface ReleaseOrder {
  terms: Terms;
  view: AcceptedView;
  judge: Judge;
  now: Millis;
  /** The custodian's project key. */
  key: OpeningKey;
  /** What this custodian released for this lot before. */
  before?: Released;
  /** Bids of this lot whose rescue this custodian took part in. */
  rescued: Hex[];
}

export interface Release {
  body: ActBody;
  /** Base64, 32 bytes each, in the order of body.shares. */
  secrets: string[];
  /** To be kept before the act is sent. */
  released: Released;
}

/** Steps release-terms, -place, -lists, -continues, -clock, -minimum, -bids, -once, -shares. */
export async function release(order: ReleaseOrder, report?: Report): Promise<Checked<Release>> {
  void [order, report];
  throw new Error("not yet");
}

export interface RescueOrder {
  terms: Terms;
  judge: Judge;
  closing: SignedStatement;
  bid: Hex;
  header: Bytes;
  now: Millis;
  key: OpeningKey;
}

/** Steps rescue-terms, -closing, -list, -header, -share. Keep the bid among `rescued` before sending. */
export async function rescue(order: RescueOrder, report?: Report): Promise<Checked<{ body: ActBody; secrets: string[] }>> {
  void [order, report];
  throw new Error("not yet");
}
