/** What a custodian answers for each accepted bid: its share, or why it gives none (docs/spec/acts.md, release). */
import { Role } from "./derive";
import { base64 } from "./encoding";
import { CryptoFailure } from "./failure";
import { digestOf } from "./hash";
import type { Header } from "./header";
import { checkShare, unwrapOwn } from "./rehearse";
import type { Bytes, Hex, OpeningKey } from "./types";

/** What could not be proved about one bid: it withholds that bid's share, and nothing else. */
export type Unproved = "header" | "unlock-missing" | "unlock-unproved" | "unlock-other";

export type Withholding =
  | { reason: "wrap-does-not-open"; wrap: Hex }
  | { reason: "share-does-not-match"; wrap: Hex; opened: Hex }
  | { reason: "not-proved"; cause: Unproved };

export interface Withheld {
  bid: Hex;
  why: Withholding;
}

export interface ShareBody {
  bid: Hex;
  envelope: 0;
  share: Hex;
  x: number;
}

/** An accepted bid as far as it was proved. */
export type Proved = { bid: Hex } & ({ header: Header; cause?: undefined } | { cause: Unproved });

export interface Answers {
  shares: ShareBody[];
  withheld: Withheld[];
  /** Base64, 32 bytes each, in the order of `shares`. */
  secrets: string[];
}

/** Opens the wrap of each bid that was proved; one that gives no share keeps no other bid shut. */
export async function answersOf(bids: Proved[], x: number, key: OpeningKey): Promise<Answers> {
  const answers: Answers = { shares: [], withheld: [], secrets: [] };
  for (const it of bids) {
    if (it.cause !== undefined) {
      answers.withheld.push({ bid: it.bid, why: { reason: "not-proved", cause: it.cause } });
      continue;
    }
    const answer = await open(it.header, x, key);
    if ("why" in answer) answers.withheld.push({ bid: it.bid, why: answer.why });
    else {
      answers.shares.push(shareBody(it.bid, x, answer.share));
      answers.secrets.push(base64(answer.share));
    }
  }
  return answers;
}

export function shareBody(bid: Hex, x: number, share: Bytes): ShareBody {
  return { bid, envelope: 0, share: digestOf(share), x };
}

async function open(header: Header, x: number, key: OpeningKey): Promise<{ share: Bytes } | { why: Withholding }> {
  const wrap = digestOf(header.wraps.release[x - 1]!.value);
  const inside = await held(async () => (await unwrapOwn(header, Role.release, key)).secret);
  if (!inside) return { why: { reason: "wrap-does-not-open", wrap } };
  const share = await held(async () => {
    checkShare(header, Role.release, x, inside);
    return inside;
  });
  return share ? { share } : { why: { reason: "share-does-not-match", wrap, opened: digestOf(inside) } };
}

/** What a check gives, or nothing where it failed. */
export async function held<T>(check: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof CryptoFailure)) throw error;
    return undefined;
  }
}
