/**
 * Checks the platform's statements in the page: their signatures by the keys
 * that the sealing terms pin, and their trees by all events at hand.
 */
import { canonical } from "@/crypto/bid/canonical";
import type { Accepted, Closing, SignedStatement } from "@/crypto/bid/statements";
import type { Told } from "./events";
import { digestOf, rootsAt, saltedDigest } from "./merkle";

export interface Check {
  /** Its text is `supervisor.audit.<code>`. */
  code: "signature" | "known" | "tree" | "subset" | "current" | "contents";
  holds: boolean;
  why?: string;
}

export interface Audited<T> {
  digest: string;
  statement?: T;
  checks: Check[];
}

export type Verify = <K extends "closing" | "accepted">(
  kind: K,
  signed: SignedStatement,
) => Promise<K extends "closing" ? Closing : Accepted>;

/** Roots at the sizes that the statements and the server name, from the events' leaves. */
export interface Tree {
  size: number;
  root: string;
  rootAt: (size: number) => string | undefined;
}

export function treeOf(events: readonly Told[], sizes: readonly number[]): Tree {
  const roots = rootsAt(
    events.map((it) => it.shell),
    [...sizes, events.length],
  );
  return { size: events.length, root: roots.get(events.length) ?? "", rootAt: (size) => roots.get(size) };
}

export async function auditClosing(signed: SignedStatement, known: string | undefined, verify: Verify): Promise<Audited<Closing>> {
  return audit("closing", signed, known, verify);
}

export async function auditAccepted(signed: SignedStatement, known: string | undefined, verify: Verify): Promise<Audited<Accepted>> {
  return audit("accepted", signed, known, verify);
}

async function audit<K extends "closing" | "accepted">(
  kind: K,
  signed: SignedStatement,
  known: string | undefined,
  verify: Verify,
): Promise<Audited<K extends "closing" ? Closing : Accepted>> {
  const digest = digestOf(signed.body);
  const checks: Check[] = [];
  let statement: (K extends "closing" ? Closing : Accepted) | undefined;
  try {
    statement = await verify(kind, signed);
    checks.push({ code: "signature", holds: true });
  } catch (error) {
    checks.push({ code: "signature", holds: false, why: error instanceof Error ? error.message : String(error) });
  }
  checks.push({ code: "known", holds: digest === known });
  return { digest, statement, checks };
}

/** That a statement's root is that of the first `size` events. */
export function checkTree(statement: { size: number; root: string }, tree: Tree): Check {
  const root = tree.rootAt(statement.size);
  return { code: "tree", holds: root === statement.root, ...(root === undefined ? { why: `${statement.size} > ${tree.size}` } : {}) };
}

/** What the accepted list lacks of the closing one, each accounted for by an event before it. */
export function checkSubset(accepted: Accepted, closing: Closing, events: readonly Told[]): Check {
  const stood = new Set(closing.lots.find((it) => it.lot === accepted.lot)?.bids ?? []);
  const foreign = accepted.bids.filter((bid) => !stood.has(bid));
  if (foreign.length > 0) return { code: "subset", holds: false, why: foreign.join(" ") };
  const within = new Set(accepted.bids);
  const refused = new Set(events.filter((it) => it.kind === "bid_refused").map((it) => it.what.bid));
  const unlocked = new Set(
    events.filter((it) => it.kind === "unlocked" || (it.kind === "rescued" && it.what["matches"] === true)).map((it) => it.what.bid),
  );
  const wrong = [...stood].filter((bid) => within.has(bid) !== (unlocked.has(bid) && !refused.has(bid)));
  return { code: "subset", holds: wrong.length === 0, ...(wrong.length > 0 ? { why: wrong.join(" ") } : {}) };
}

/** That every event is what its leaf commits to (docs/spec/tree.md, 1 and 2): number, time, facts and details. */
export function checkContents(events: readonly Told[]): Check {
  const wrong = events.filter((it) => !isCommitted(it)).map((it) => it.seq);
  return { code: "contents", holds: wrong.length === 0, ...(wrong.length > 0 ? { why: wrong.slice(0, 20).join(" ") } : {}) };
}

function isCommitted({ served }: Told): boolean {
  if (!served) return false;
  const { seq, time, facts, facts_salt, details, details_salt } = served;
  try {
    const shell = canonical({
      details: saltedDigest("details", details_salt ?? "", canonical(details)),
      facts: saltedDigest("facts", facts_salt ?? "", canonical(facts)),
      seq,
      time,
    });
    return shell === served.shell;
  } catch {
    return false;
  }
}
