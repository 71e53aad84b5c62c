/** Whose bundle it is, its events in their order, and what is told of them. */
import { canonical } from "../../bid/canonical";
import { base64 } from "../../bid/encoding";
import type { SealingTerms } from "../../bid/terms-shape";
import { parsed } from "../../tlog/anchored";
import { as } from "../facts";
import type { Line, Stated } from "../form";
import { Findings, type Place } from "../outcome";
import { parsedBytes, type Reading, type Told } from "../reading";
import { couldBeErased, erasures } from "./erasures";

/** The version of the rules that is known here. */
const RULES = 1;

export function platform(reading: Reading): Findings {
  const findings = new Findings();
  const { bundle, policy, project } = reading;
  const { head } = bundle;
  findings.expect(head.origin === policy.origin, "origin-differs", { file: "bundle.json" });
  findings.expect(head.rules === RULES, "rules-version", { file: "bundle.json" });
  for (const [digest, terms] of reading.terms) {
    const place: Place = { file: `terms/${digest}.json` };
    findings.expect(terms.trust.origin === policy.origin, "origin-differs", place);
    findings.expect(isOf(terms.trust, reading), "key-differs", place);
    findings.expect(terms.project === project, "project-differs", place);
  }
  const statements: [string, Stated][] = [...bundle.accepted].map(([lot, stated]) => [`accepted/${lot}.json`, stated]);
  if (bundle.closing) statements.push(["closing.json", bundle.closing]);
  for (const [file, { statement }] of statements) {
    const named = member(member(parsed(statement.body), "statement"), "project");
    findings.expect(typeof named !== "string" || named === project, "project-differs", { file });
  }
  for (const [digest, bytes] of bundle.records) {
    const named = member(member(parsedBytes(bytes), "project"), "id");
    findings.expect(typeof named !== "string" || named === project, "project-differs", { file: `records/${digest}.json` });
  }
  return findings;
}

/** Whether all keys and the quorum are the policy's. */
function isOf(
  { statement_key, receipt_key, log_key, quorum, witnesses = [], sm2_chain = [] }: SealingTerms["trust"],
  { policy }: Reading,
): boolean {
  const set = (keys: string[]) => canonical([...new Set(keys)].sort());
  return (
    statement_key === base64(policy.statementKey) &&
    receipt_key === base64(policy.receiptKey) &&
    canonical(sm2_chain) === canonical(policy.sm2Chain) &&
    log_key === policy.log_key &&
    quorum === policy.quorum &&
    witnesses.length === policy.witnesses.length &&
    set(witnesses) === set(policy.witnesses)
  );
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** Shells in their order, and the root over them. */
export function tree({ bundle: { head }, events, tree }: Reading): Findings {
  const findings = new Findings();
  let last = Number.NEGATIVE_INFINITY;
  for (const [at, { shell }] of events.entries()) {
    const place = { seq: at + 1 };
    if (!shell) {
      findings.fail("event-sequence", place);
      continue;
    }
    findings.expect(shell.seq === at + 1, "event-sequence", place);
    findings.expect(last <= shell.time, "event-time", place);
    last = shell.time;
  }
  findings.expect(tree.size === head.size && tree.root(tree.size) === head.root, "tree-differs", { file: "bundle.json" });
  return findings;
}

/** Texts that are there are what their shells commit to, and what may not be withheld is there. */
export async function disclosure(reading: Reading): Promise<Findings> {
  const findings = new Findings();
  const cited = citedBy(reading);
  const deadline = reading.course.deadline?.seq;
  for (const [at, event] of reading.events.entries()) {
    const seq = at + 1;
    const line = reading.bundle.lines[at] as Line;
    findings.expect(line.facts === undefined || event.committed, "facts-differ", { seq });
    if (line.facts === undefined) {
      const may = reading.isPublic && deadline !== undefined && seq > deadline && !cited.has(seq);
      findings.expect(may, "facts-withheld", { seq });
    }
    findings.expect(line.details === undefined || event.details !== undefined, "details-differ", { seq });
    const isPublic = isToldToAll(reading, event);
    const mayLack = reading.isPublic || line.erased === true;
    if (line.details === undefined) findings.expect(mayLack && !isPublic, "details-withheld", { seq });
    if (line.erased) findings.expect(couldBeErased(reading, event), "details-withheld", { seq });
    const isNobodys = event.facts?.by === "time" || event.facts?.by === "platform";
    if (isPublic && isNobodys && event.details) findings.expect(canonical(event.details) === "{}", "details-differ", { seq });
  }
  await erasures(findings, reading);
  return findings;
}

const NOTICES = new Set(["published", "clarified", "terms_amended", "postponed", "cancelled", "record_signed"]);
const OF_A_BID = new Set(["opened", "document_opened"]);

/** Whether everybody may read an event's details: notices and records are signed in public, and what nobody did says nothing of anybody. */
function isToldToAll({ course }: Reading, { facts }: Told): boolean {
  if (!facts) return false;
  const { by, what } = facts;
  const countersigned = as(what, "countersigned");
  if (countersigned) {
    const lot = course.lots.get(countersigned.lot);
    // Names are public once the lot was unlocked, and where nothing masks them any more.
    return lot !== undefined && !lot.masked && course.deadline !== undefined && (lot.wasUnlocking || lot.order.length > 0);
  }
  return NOTICES.has(what.kind) || ((by === "time" || by === "platform") && !OF_A_BID.has(what.kind));
}

/** The events that others rest on. */
function citedBy({ facts }: Reading): Set<number> {
  const cited = facts.flatMap(({ facts: { what } }) => [
    ...((as(what, "finding_made") ?? as(what, "custodian_found"))?.cites ?? []),
    as(what, "replied")?.objection ?? as(what, "answered")?.question ?? as(what, "help_answered")?.help ?? 0,
  ]);
  return new Set(cited);
}

/** Of the rules as much as needs no state: every event is of a kind that they know. The rest is not made here. */
export function rules({ bundle, events }: Reading): Findings {
  const findings = new Findings();
  for (const [at, event] of events.entries()) {
    const isKnown = bundle.lines[at]?.facts === undefined || event.facts !== undefined;
    findings.expect(isKnown, "unlawful", { seq: at + 1 });
  }
  return findings;
}

/** Events that a public edition withholds, which it says are complaints. */
export function complaints({ bundle }: Reading): Findings {
  const findings = new Findings();
  for (const line of bundle.lines) findings.told(line.facts !== undefined);
  return findings;
}
