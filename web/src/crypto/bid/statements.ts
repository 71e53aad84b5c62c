/** What the platform signs, checked with the keys that the sealing terms pin (docs/spec/signatures.md, 4). */
import { message, verify } from "./act";
import { NotCanonical, readCanonical } from "./canonical";
import { unbase64, utf8 } from "./encoding";
import { CryptoFailure, fail } from "./failure";
import { digestOf } from "./hash";
import { isSignedWithSm2, sm2Point } from "./second";
import { Misshapen, array, digest, hexOf, integer, object, read, string, type Reader } from "./shape";
import type { Bytes, Hex, Millis } from "./types";

/** As the HTTP API writes it: always Ed25519, and in a project of suite gm SM2 too. */
export interface SignedStatement {
  body: string;
  signature: string;
  /** Base64 of DER. */
  sm2_signature?: string | null | undefined;
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

const time = integer(Number.MIN_SAFE_INTEGER);
const SHAPES: { [K in keyof Statements]: Reader<Statements[K]> } = {
  receipt: object({ bid: digest, leaf: digest, lot: string, project: string, received: time, tick: integer() }),
  acknowledge: object({ bid: digest, lot: string, project: string, received: time, unlock: digest }),
  closing: object({
    at: time,
    lots: array(object({ bids: array(digest), lot: string })),
    project: string,
    root: digest,
    shell_seq: integer(),
    size: integer(),
  }),
  accepted: object({ at: time, bids: array(digest), closing: digest, lot: string, project: string, root: digest, size: integer() }),
};

/**
 * Verifies what the platform at `origin` said of `project` under a key of 32
 * bytes (or its base64); and under the key of its SM2 certificate, where terms or
 * policy name one. Refusals: statement-malformed, -elsewhere, -lists,
 * -sm2-signature, and those of signatures.
 */
export async function checkStatement<K extends keyof Statements>(
  kind: K,
  signed: SignedStatement,
  place: { origin: string; project: string },
  key: string | Bytes,
  sm2Chain?: string[],
): Promise<Statements[K]> {
  const { act, statement } = readStatement(kind, signed.body);
  if (act !== kind || statement.project !== place.project) fail("statement-elsewhere", { kind });
  if (!isWellFormed(statement)) fail("statement-lists", { kind });
  const value = unbase64(signed.signature) ?? fail("signature-form");
  const raw = typeof key === "string" ? (unbase64(key) ?? fail("platform-key")) : key;
  if (raw.length !== 32) fail("platform-key");
  const bytes = message(kind, place.origin, place.project, utf8(signed.body));
  await verify({ kind: "ed25519", key: raw }, "ed25519", value, bytes);
  const point = sm2Point(sm2Chain);
  if (point && !(await isSignedWithSm2(point, signed.sm2_signature, bytes))) fail("statement-sm2-signature", { kind });
  return statement;
}

/** H(body), by which a statement is named. */
export function statementDigest(signed: SignedStatement): Hex {
  return digestOf(utf8(signed.body));
}

/** The live bids of a lot; none when the lot is not named. */
export function bidsOf(closing: Closing, lot: string): Hex[] {
  return closing.lots.find((it) => it.lot === lot)?.bids ?? [];
}

/** Whether an accepted statement stands on this closing one. */
export function isWithin(accepted: Accepted, closing: Closing, closingDigest: Hex): boolean {
  const live = new Set(bidsOf(closing, accepted.lot));
  return (
    accepted.bids.every((bid) => live.has(bid)) &&
    accepted.closing === closingDigest &&
    accepted.project === closing.project &&
    accepted.size >= closing.size &&
    !(accepted.size === closing.size && accepted.root !== closing.root) &&
    accepted.at >= closing.at
  );
}

function readStatement<K extends keyof Statements>(kind: K, body: string): { act: string; statement: Statements[K] } {
  try {
    const value = readCanonical(body);
    // Another kind is told apart from a malformed one of this kind.
    if ((value as { act?: unknown } | null)?.act !== kind) fail("statement-elsewhere", { kind });
    const envelope = object({ act: string, nonce: hexOf(16), statement: SHAPES[kind] as Reader<Statements[K]> });
    return read(envelope, value) as { act: string; statement: Statements[K] };
  } catch (error) {
    if (error instanceof Misshapen || error instanceof NotCanonical) throw new CryptoFailure("statement-malformed", { kind });
    throw error;
  }
}

function isWellFormed(statement: Statements[keyof Statements]): boolean {
  if ("shell_seq" in statement)
    return (
      statement.shell_seq >= 1 &&
      statement.shell_seq <= statement.size &&
      ascends(statement.lots.map(({ lot }) => lot)) &&
      statement.lots.every(({ bids }) => ascends(bids))
    );
  if ("bids" in statement) return statement.size > 0 && ascends(statement.bids);
  return true;
}

function ascends(texts: string[]): boolean {
  return texts.every((text, at) => at === 0 || texts[at - 1]! < text);
}
