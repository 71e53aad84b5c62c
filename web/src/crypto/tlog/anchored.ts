/** What the public log proves before a secret is let go of, and before sealing (docs/spec/evidence.md, 4 and 5). */
import type { Failure, StatementProof } from "../contract";
import { canonicalBytes, NotCanonical, readCanonical } from "../bid/canonical";
import { hex, lp, u64, unhex, utf8 } from "../bid/encoding";
import { fail } from "../bid/failure";
import { labelled } from "../bid/hash";
import { array, digest, integer, Misshapen, object, oneOf, read, string, type Read, type Reader } from "../bid/shape";
import type { Accepted, Closing } from "../bid/statements";
import type { Terms } from "../bid/terms";
import { includes, leafHash } from "../bid/tree";
import type { Bytes, Hex, Millis } from "../bid/types";
import { policyOf, type Policy } from "./policy";
import { proveEntry } from "./proof";

export const anchorShape = object({ root: digest, salt: digest, size: integer(), stream: string, tick: integer() });
/** An anchor, opened, and the proof of its entry. */
export const anchoredShape = object({ anchor: anchorShape, proof: string });
/** An event that lies under a root. */
export const eventShape = object({ facts: string, path: array(digest), salt: digest, shell: string });
export const statementProofShape = object({ anchored: anchoredShape, event: eventShape });
/** The anchor of a record's tree (api: RecordAnchor). */
export const recordAnchorShape = object({ anchor: anchorShape, proof: string, consistency: array(digest) });
type Anchor = Read<typeof anchorShape>;

export const shellShape = object({ details: digest, facts: digest, seq: integer(), time: integer(Number.MIN_SAFE_INTEGER) });
const bids = array(digest);
const closedShape = object({
  by: oneOf("time"),
  what: object({
    kind: oneOf("deadline_reached"),
    lots: array(object({ bids, lot: string })),
    t0: integer(Number.MIN_SAFE_INTEGER),
  }),
});
const fixedShape = object({ by: oneOf("time"), what: object({ bids, kind: oneOf("accepted_fixed"), lot: string }) });

/** A cosignature that is later than this after what it is about is told, ms. */
const LATE = 120_000;
/** Of terms that name no log nothing can be asked. */
const NO_LOG: Failure[] = [{ code: "no-log" }];

/**
 * Checks that a closing statement tells what the anchored tree holds; answers what
 * is to be told and stops nothing. Refusals: those of evidence.md, 4.
 */
export async function proveClosing(statement: Closing, proof: StatementProof | null | undefined, terms: Terms): Promise<Failure[]> {
  return prove(statement, proof, terms, proveClosingBy);
}

/** The same of an accepted statement. */
export async function proveAccepted(statement: Accepted, proof: StatementProof | null | undefined, terms: Terms): Promise<Failure[]> {
  return prove(statement, proof, terms, proveAcceptedBy);
}

/** All steps for a closing statement, by whom a policy believes; gives when witnesses cosigned, ascending. */
export async function proveClosingBy(statement: Closing, proof: StatementProof, policy: Policy): Promise<bigint[]> {
  const { times, facts } = await proveShown(statement, proof, policy);
  const { t0, lots } = shaped(closedShape, facts)?.what ?? fail("statement-differs");
  const fixed = new Map(lots.map((it) => [it.lot, it.bids]));
  const told = new Set(statement.lots.map(({ lot }) => lot));
  const holds =
    t0 <= statement.at &&
    statement.shell_seq === statement.size &&
    statement.lots.every((it) => same(it.bids, fixed.get(it.lot) ?? [])) &&
    lots.every(({ lot }) => told.has(lot));
  return holds ? times : fail("statement-differs");
}

/** The same for an accepted statement. */
export async function proveAcceptedBy(statement: Accepted, proof: StatementProof, policy: Policy): Promise<bigint[]> {
  const { times, facts } = await proveShown(statement, proof, policy);
  const what = shaped(fixedShape, facts)?.what ?? fail("statement-differs");
  return what.lot === statement.lot && same(what.bids, statement.bids) ? times : fail("statement-differs");
}

/**
 * Checks that these terms are in the platform's public log; answers what is to be
 * told. Fewer cosignatures than the quorum stop nothing before sealing. `proof` is
 * null where the platform has none, and left out where nobody could be asked.
 * Refusals: terms-not-logged, and those of evidence.md, 5.
 */
export async function proveLogged(terms: Terms, proof: string | null | undefined): Promise<Failure[]> {
  const { lot, project, trust } = terms.content;
  const policy = policyOf(trust);
  if (!policy) return NO_LOG;
  if (proof === undefined) return [{ code: "logged-missing" }];
  if (proof === null) return fail("terms-not-logged");
  const entry = canonicalBytes({ kind: "terms", lot, project, terms: terms.digest });
  const signed = (await proveEntry(entry, proof, policy, () => undefined)).length;
  const { quorum } = policy;
  return signed < quorum ? [{ code: "few-witnesses", params: { signed, quorum } }] : [];
}

/**
 * Checks that a tree of a project is anchored in the public log, under a checkpoint
 * that the quorum cosigned from `at` on. Refusals: steps 1 to 5 of evidence.md, 4.
 */
export async function proveTree(anchored: StatementProof["anchored"], tree: Tree, terms: Terms): Promise<Failure[]> {
  const policy = policyOf(terms.content.trust);
  if (!policy) return NO_LOG;
  await proveAnchored(anchored, tree, policy);
  return [];
}

export type Tree = Pick<Closing, "at" | "project" | "root" | "size">;

async function prove<T extends Tree>(
  statement: T,
  proof: StatementProof | null | undefined,
  terms: Terms,
  by: (statement: T, proof: StatementProof, policy: Policy) => Promise<bigint[]>,
): Promise<Failure[]> {
  const policy = policyOf(terms.content.trust);
  if (!policy) return NO_LOG;
  const { quorum } = policy;
  if (proof === undefined || proof === null) return quorum > 0 ? fail("log-quorum", { signed: 0, quorum }) : [{ code: "not-logged" }];
  const times = await by(statement, proof, policy);
  const last = quorum > 0 ? times[quorum - 1] : undefined;
  return last !== undefined && last > seconds(statement.at + LATE) ? [{ code: "cosigned-late" }] : [];
}

/** Steps 1 to 6: when witnesses cosigned, and the facts of the tree's last event. */
async function proveShown(statement: Tree, proof: StatementProof, policy: Policy): Promise<{ times: bigint[]; facts: unknown }> {
  const shown = shaped(statementProofShape, proof) ?? fail("anchor-malformed");
  const times = await proveAnchored(shown.anchored, statement, policy);
  return { times, facts: factsOf(shown.event, statement) };
}

/** Steps 1 to 5; gives when witnesses cosigned from the statement's second on, ascending. */
export async function proveAnchored({ anchor, proof }: StatementProof["anchored"], statement: Tree, policy: Policy): Promise<bigint[]> {
  const { stream, tick, size, root } = anchor;
  const own = stream === statement.project && tick >= 1 && size === statement.size && root === statement.root;
  if (!own) fail("anchor-differs");
  const entry = canonicalBytes({ anchor: anchorDigest(anchor), kind: "anchor", stream, tick });
  const since = seconds(statement.at);
  const { quorum } = policy;
  const counting = (times: bigint[]) => times.filter((time) => time >= since);
  const times = await proveEntry(entry, proof, policy, (times) => {
    const signed = counting(times).length;
    if (signed < quorum) fail("log-quorum", { signed, quorum });
  });
  return counting(times);
}

export function anchorDigest({ stream, tick, salt, size, root }: Anchor): Hex {
  return hex(labelled("kaibiao/1 anchor", lp(utf8(stream)), u64(tick), bytesOf(salt), u64(size), bytesOf(root)));
}

/** Step 6: the facts of the tree's last event. */
function factsOf({ facts, path, salt, shell }: StatementProof["event"], { at, size, root }: Tree): unknown {
  const leaf = hex(leafHash(utf8(shell)));
  if (!includes({ index: size - 1, size, path }, leaf, root)) fail("event-differs");
  const read = shaped(shellShape, parsed(shell));
  const bytes = utf8(facts);
  const committed = hex(labelled("kaibiao/1 facts", bytesOf(salt), u64(bytes.length), bytes));
  if (read?.seq !== size || read.time !== at || read.facts !== committed) fail("event-differs");
  return parsed(facts) ?? fail("event-differs");
}

/** The value of canonical JSON; nothing where it is in another spelling. */
export function parsed(json: string): unknown {
  try {
    return readCanonical(json);
  } catch (error) {
    if (error instanceof NotCanonical) return undefined;
    throw error;
  }
}

/** What a shape reads of a value; nothing where it is of another. */
export function shaped<T>(shape: Reader<T>, value: unknown): T | undefined {
  try {
    return read(shape, value);
  } catch (error) {
    if (error instanceof Misshapen) return undefined;
    throw error;
  }
}

export function bytesOf(digits: Hex): Bytes {
  return unhex(digits, 32) ?? fail("anchor-malformed");
}

function same(one: Hex[], other: Hex[]): boolean {
  return one.length === other.length && one.every((bid, at) => bid === other[at]);
}

/** The whole second of a time. */
export function seconds(at: Millis): bigint {
  return BigInt(Math.max(0, Math.floor(at / 1000)));
}
