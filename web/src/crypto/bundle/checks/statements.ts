/** The closing statement and the accepted ones: signed, in the stream, and proved by anchored trees (docs/spec/evidence.md, 4). */
import { canonical } from "../../bid/canonical";
import { checkStatement, isWithin, statementDigest, type Accepted, type Closing } from "../../bid/statements";
import type { StatementProof } from "../../contract";
import { CryptoFailure } from "../../failure";
import { proveAcceptedBy, proveClosingBy, seconds } from "../../tlog/anchored";
import { parseNote } from "../../tlog/note";
import type { Policy } from "../../tlog/policy";
import { parseProof } from "../../tlog/proof";
import { as } from "../facts";
import type { Stated } from "../form";
import { Findings } from "../outcome";
import type { Reading } from "../reading";
import { normalOf } from "./log";
import { UNABLE, isSignedAsAsked } from "./receipts";

export async function statements(reading: Reading): Promise<Findings> {
  const findings = new Findings();
  const stated = reading.bundle.closing;
  const closing = stated && (await signed(findings, reading, "closing", stated, "closing.json"));
  if (stated && closing) {
    const file = "closing.json";
    findings.expect(isOfStream(reading, undefined, stated), "statement-unknown", { file });
    findings.expect(tellsClosing(reading, closing), "statement-differs", { file });
    await proof(findings, reading, stated, closing.at, file, (shown, log) => proveClosingBy(closing, shown, log));
  }
  for (const [lot, it] of reading.bundle.accepted) {
    const file = `accepted/${lot}.json`;
    const accepted = await signed(findings, reading, "accepted", it, file);
    if (!accepted) continue;
    findings.expect(isOfStream(reading, lot, it), "statement-unknown", { file });
    // What an unsigned closing statement says nothing can be held against.
    const within = !stated || !closing || isWithin(accepted, closing, statementDigest(stated.statement));
    findings.expect(within && tellsAccepted(reading, lot, accepted), "statement-differs", { file });
    await proof(findings, reading, it, accepted.at, file, (shown, log) => proveAcceptedBy(accepted, shown, log));
  }
  return findings;
}

/** The statement, where the platform's key has signed it. */
async function signed<K extends "closing" | "accepted">(
  findings: Findings,
  reading: Reading,
  kind: K,
  { statement }: Stated,
  file: string,
) {
  const { policy, project } = reading;
  try {
    const found = await checkStatement(kind, statement, { origin: policy.origin, project }, policy.statementKey, policy.sm2Chain);
    findings.expect(isSignedAsAsked(statement, policy), "statement-sm2-signature", { file });
    return found;
  } catch (error) {
    if (!(error instanceof CryptoFailure) || UNABLE.has(error.code)) throw error;
    findings.fail(error.code === "statement-sm2-signature" ? error.code : "statement-signature", { file });
    return undefined;
  }
}

/** The stream says that this statement was signed. */
function isOfStream({ facts }: Reading, lot: string | undefined, { statement }: Stated): boolean {
  const digest = statementDigest(statement);
  return facts.some(({ facts: { what } }) => {
    const told = as(what, "statement_signed");
    return told !== undefined && told.lot === lot && told.statement === digest;
  });
}

/** Whether a closing statement says what the event did by which T0 passed. */
function tellsClosing({ course: { deadline }, tree }: Reading, statement: Closing): boolean {
  if (!deadline) return false;
  const bids = new Map(deadline.lots.map((it) => [it.lot, it.bids]));
  const named = new Set(statement.lots.map(({ lot }) => lot));
  return (
    statement.shell_seq === deadline.seq &&
    statement.at === deadline.time &&
    statement.size === deadline.seq &&
    tree.root(statement.size) === statement.root &&
    statement.lots.every((it) => canonical(it.bids) === canonical(bids.get(it.lot) ?? [])) &&
    deadline.lots.every(({ lot }) => named.has(lot))
  );
}

/** The same of an accepted statement. */
function tellsAccepted({ facts, tree }: Reading, lot: string, statement: Accepted): boolean {
  const fixed = facts.find(({ facts: { what } }) => as(what, "accepted_fixed")?.lot === lot);
  const bids = fixed && as(fixed.facts.what, "accepted_fixed")?.bids;
  return (
    fixed !== undefined &&
    statement.lot === lot &&
    statement.at === fixed.time &&
    statement.size === fixed.seq &&
    tree.root(statement.size) === statement.root &&
    canonical(statement.bids) === canonical(bids)
  );
}

/** The proof that a statement's tree is in the public log, where there is one. */
async function proof(
  findings: Findings,
  reading: Reading,
  { proof: shown }: Stated,
  at: number,
  file: string,
  proves: (proof: StatementProof, log: Policy) => Promise<bigint[]>,
): Promise<void> {
  const { log, late } = reading.policy;
  if (!log) return findings.expect(!shown, "file-surplus", { file });
  if (!shown) return findings.fail("log-quorum", { file });
  let times: bigint[];
  try {
    times = await proves(shown, log);
  } catch (error) {
    if (!(error instanceof CryptoFailure) || error.code === "ed25519-missing") throw error;
    return findings.fail(error.code, { file });
  }
  findings.expect(isLine(reading, shown), "anchor-differs", { file });
  const text = noteOf(shown);
  const note = text === undefined ? undefined : parseNote(text);
  const second = seconds(at);
  const normal = note && (await normalOf(note, log, second));
  findings.expect(normal?.text === text, "log-signature", { file });
  // The quorum was reached by the one that cosigned as its last.
  const reached = log.quorum > 0 ? times[log.quorum - 1] : undefined;
  findings.expect(reached === undefined || reached <= second + BigInt(late), "log-late", { file });
}

/** Whether a proof's anchor is a line of the anchors' file, at the same place in the log. */
function isLine({ bundle, project }: Reading, { anchored: { anchor, proof } }: StatementProof): boolean {
  const index = parseProof(proof)?.index;
  const { stream, ...own } = anchor;
  return bundle.anchors.some(({ root, salt, size, tick, index: place }) => {
    return stream === project && canonical({ root, salt, size, tick }) === canonical(own) && BigInt(place) === index;
  });
}

/** The signed note in a proof. */
function noteOf({ anchored: { proof } }: StatementProof): string | undefined {
  const at = proof.indexOf("\n\n");
  return at < 0 ? undefined : proof.slice(at + 2);
}
