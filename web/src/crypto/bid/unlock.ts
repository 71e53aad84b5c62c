/** Letting go of b: what a bidder's client proves first (sealing.md, life of a bid, 5 and 6). */
import type { ActBody, UnlockRequest } from "../contract";
import type { Header } from "./header";
import type { SignedStatement, Acknowledgement } from "./statements";
import type { Checked, Report } from "./steps";
import type { Terms } from "./terms";
import type { Bytes, OpeningKey } from "./types";

export interface ReadyToUnlock {
  header: Header;
  terms: Terms;
}

/** Steps unlock-terms, -header, -closing, -list, -receipt, -tree, -clock. Nothing is unwrapped. */
export async function beforeUnlock(request: Omit<UnlockRequest, "keyfile">, report?: Report): Promise<Checked<ReadyToUnlock>> {
  void [request, report];
  throw new Error("not yet");
}

/** The unlock act's body (without nonce) and its secret, for a bid proved by `beforeUnlock`. */
export async function unlockAct(ready: ReadyToUnlock, keys: OpeningKey[]): Promise<{ body: ActBody; secrets: string[] }> {
  void [ready, keys];
  throw new Error("not yet");
}

/** The platform's acknowledgement of this very unlock; `act`: the signed act's exact body. */
export async function checkAcknowledgement(signed: SignedStatement, ready: ReadyToUnlock, act: string): Promise<Acknowledgement> {
  void [signed, ready, act];
  throw new Error("not yet");
}

/** A receipt for this very bid, under the key that the bid's terms pin. */
export async function checkReceipt(signed: SignedStatement, terms: Terms, header: Header): Promise<import("./statements").Receipt> {
  void [signed, terms, header];
  throw new Error("not yet");
}

export type { Bytes };
