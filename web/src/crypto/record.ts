/**
 * What anybody checks of an opening record: who signed it, and what ties it to the
 * closing statement and the public log (docs/spec/record.md; evidence.md, 10).
 */
import { chainOf, checkActByKey, checkAgain } from "./bid/act";
import { NotCanonical, readCanonical } from "./bid/canonical";
import { hex, text } from "./bid/encoding";
import { fail, failureOf } from "./bid/failure";
import { sha256 } from "./bid/hash";
import { anything, array, boolean, digest, integer, Misshapen, object, oneOf, read, string, type Reader } from "./bid/shape";
import { bidsOf, checkStatement, isWithin, statementDigest, type Accepted, type Closing } from "./bid/statements";
import { checkPublication, placeOf, type Terms } from "./bid/terms";
import { acceptedShape } from "./bid/terms-shape";
import { continues } from "./bid/tree";
import type { Hex, Judge } from "./bid/types";
import type { CertificateInfo, Failure, RecordCheck, RecordFiles } from "./contract";
import { organisationCode } from "./rules";
import { proveAccepted, proveClosing, proveLogged, proveTree, recordAnchorShape, statementProofShape } from "./tlog/anchored";
import { describe, parseCertificate } from "./x509";

export interface RecordBelieved {
  terms: Terms;
  /** The platform that is pinned at this address. */
  platform: { origin: string; key: string };
  /** Nothing where no root is chosen: then signatures are checked, and who issued the certificates is not. */
  judge: Judge | undefined;
}

const signaturesShape = object({
  record: digest,
  signatures: array(
    object({ seq: integer(1), at: integer(), role: oneOf("host", "centre", "bidder"), name: string, act: acceptedShape }, { cms: boolean }),
  ),
});
type Signature = ReturnType<typeof signaturesShape>["signatures"][number];

const provedShape = object(
  { statement: object({ body: string, signature: string }), consistency: array(digest) },
  { proof: statementProofShape },
);
const proofShape = object(
  { record: digest, size: integer(1), root: digest },
  { closing: provedShape, accepted: provedShape, anchored: recordAnchorShape },
);
type Proof = ReturnType<typeof proofShape>;

const withBid: Reader<{ bid?: unknown }> = anything;
/** Of a record what is needed here; its other members are for people. */
interface Told {
  project: { id: string };
  lot: { id: string; bids: number };
  rows: { bid?: unknown }[];
  unopened: { bid?: unknown }[];
  refused: { bid?: unknown }[];
  stream: { size: number; root: Hex };
}

/** Makes every check; none stops another. */
export async function checkRecord(files: RecordFiles, by: RecordBelieved): Promise<RecordCheck[]> {
  const checks: RecordCheck[] = [];
  const { content } = by.terms;
  let record: Told | undefined;
  let signatures: Signature[] = [];
  let proof: Proof | undefined;
  await tried(checks, "record", { digest: files.digest }, () => {
    if (hex(sha256(files.record)) !== files.digest) fail("record-differs");
    record = told(files.record);
    if (record.project.id !== content.project || record.lot.id !== content.lot) fail("record-elsewhere");
    const found = shaped(signaturesShape, files.signatures);
    proof = shaped(proofShape, files.proof);
    if (found.record !== files.digest || proof.record !== files.digest) fail("record-differs");
    signatures = found.signatures;
  });
  await tried(checks, "terms", {}, () => ofTerms(files, by));
  const host: RecordCheck = { check: "host", finding: "open", failure: { code: "record-unsigned" } };
  checks.push(host);
  for (const signature of signatures) {
    const { role, name, seq } = signature;
    const check = await tried(checks, "signature", { name, seq, role }, (about) => ofSignature(signature, files.digest, by, about));
    if (role !== "bidder" && check.finding !== "fails") Object.assign(host, { finding: check.finding, failure: check.failure });
  }
  if (record && proof) await ofTree(checks, record, proof, by);
  return checks;
}

/** Whose platform, log and witnesses these are. */
async function ofTerms({ publication, logged }: RecordFiles, { terms, platform, judge }: RecordBelieved): Promise<Failure | undefined> {
  const { origin, statement_key } = terms.content.trust;
  if (origin !== platform.origin || statement_key !== platform.key) fail("terms-elsewhere");
  if (judge) await checkPublication(terms, publication ?? fail("publication-missing"), judge);
  const [note] = await proveLogged(terms, logged);
  return judge ? note : { code: "roots-needed" };
}

/** Whether an act holds, is over this record, and is by whom it is said to be. */
async function ofSignature(
  { act, role }: Signature,
  record: Hex,
  { terms, judge }: RecordBelieved,
  about: (certificate: CertificateInfo) => void,
): Promise<Failure | undefined> {
  const [leaf] = act.signature ? chainOf(act.signature) : [];
  const certificate = parseCertificate(leaf ?? fail("act-unsigned"));
  about(describe(certificate));
  const place = placeOf(terms);
  let code = organisationCode(certificate);
  let body: Record<string, unknown>;
  if (judge) {
    const checked = await checkAgain(act, place, judge);
    ({ body } = checked);
    code = checked.holder.organisation;
  } else body = await checkActByKey(act, place, { kind: "spki", spki: certificate.spki });
  const purpose = role === "bidder" ? "countersign" : "sign-record";
  if (body["act"] !== purpose) fail("act-purpose");
  if (body["lot"] !== terms.content.lot || body["record"] !== record) fail("record-differs");
  const { tenderer, agency, centre } = terms.content.officials;
  const officials = role === "host" ? [tenderer, agency] : [centre];
  if (role !== "bidder" && code !== undefined && !officials.some((it) => it?.organisation === code)) fail("author-differs");
  return judge ? undefined : { code: "roots-needed" };
}

async function ofTree(checks: RecordCheck[], record: Told, proof: Proof, { terms, platform }: RecordBelieved): Promise<void> {
  const place = { origin: platform.origin, project: terms.content.project };
  const { closing, accepted, anchored } = proof;
  let closed: Closing | undefined;
  let fixed: Accepted | undefined;
  if (closing || record.lot.bids > 0) {
    await tried(checks, "closing", {}, async (_, params) => {
      const { statement, proof: shown } = closing ?? fail("statement-missing");
      const found = await checkStatement("closing", statement, place, platform.key, terms.content.trust.sm2_chain);
      params({ size: found.size });
      const [note] = await proveClosing(found, shown, terms);
      closed = found;
      return note;
    });
  }
  if (accepted || record.rows.length > 0) {
    await tried(checks, "accepted", {}, async (_, params) => {
      const { statement, proof: shown } = accepted ?? fail("statement-missing");
      const found = await checkStatement("accepted", statement, place, platform.key, terms.content.trust.sm2_chain);
      params({ size: found.size });
      if (found.lot !== terms.content.lot) fail("statement-elsewhere", { kind: "accepted" });
      if (!closed || !closing || !isWithin(found, closed, statementDigest(closing.statement))) fail("lists-disagree");
      const [note] = await proveAccepted(found, shown, terms);
      fixed = found;
      return note;
    });
  }
  const { size, root } = record.stream;
  await tried(checks, "consistency", { size, root }, () => {
    if (proof.size !== size || proof.root !== root) fail("record-differs");
    for (const [statement, view] of [[closed, closing] as const, [fixed, accepted] as const]) {
      if (!statement || !view) continue;
      if (!continues({ old: statement.size, size, path: view.consistency }, statement.root, root)) fail("consistency");
    }
  });
  await tried(checks, "log", {}, async (_, params) => {
    const { anchor, proof: shown, consistency } = anchored ?? fail("not-anchored");
    params({ tick: anchor.tick, size: anchor.size });
    if (!continues({ old: size, size: anchor.size, path: consistency }, root, anchor.root)) fail("consistency");
    const tree = { at: closed?.at ?? 0, project: place.project, root: anchor.root, size: anchor.size };
    return (await proveTree({ anchor, proof: shown }, tree, terms))[0];
  });
  if (closed) {
    const lists = { closed, fixed };
    await tried(checks, "bids", { bids: record.lot.bids }, () => ofBids(record, lists));
  }
}

function ofBids(record: Told, { closed, fixed }: { closed: Closing; fixed: Accepted | undefined }): void {
  const bids = (list: { bid?: unknown }[]) => list.flatMap(({ bid }) => (typeof bid === "string" ? [bid] : []));
  const closing = bidsOf(closed, record.lot.id);
  const rows = bids(record.rows);
  const known = [...rows, ...bids(record.unopened)];
  const all = new Set([...known, ...bids(record.refused)]);
  const holds =
    new Set(known).size === known.length &&
    rows.length === record.rows.length &&
    known.every((bid) => closing.includes(bid)) &&
    record.lot.bids === closing.length &&
    rows.every((bid) => fixed?.bids.includes(bid)) &&
    (rows.length === 0 || closing.every((bid) => all.has(bid)));
  if (!holds) fail("bids-differ");
}

/** What is not there yet may come. */
const LATER = new Set(["not-anchored", "log-quorum"]);

type Work = (about: (certificate: CertificateInfo) => void, more: (params: Record<string, string | number>) => void) => unknown;

/** Makes one check; what it answers is a note that stops nothing. */
async function tried(
  checks: RecordCheck[],
  check: RecordCheck["check"],
  params: Record<string, string | number>,
  work: Work,
): Promise<RecordCheck> {
  const made: RecordCheck = { check, finding: "holds", params };
  try {
    const note = (await work(
      (certificate) => (made.certificate = certificate),
      (more) => (made.params = { ...made.params, ...more }),
    )) as Failure | undefined;
    if (note) Object.assign(made, { finding: "partly", failure: note });
  } catch (error) {
    const failure = failureOf(error);
    const open = check === "log" && LATER.has(failure.code);
    Object.assign(made, { finding: open ? "open" : "fails", failure });
  }
  checks.push(made);
  return made;
}

function told(bytes: Uint8Array): Told {
  try {
    const value = read(anything, readCanonical(text(bytes) ?? fail("record-malformed")));
    const within = (name: string) => read(anything, value[name]);
    const list = (name: string) => read(array(withBid), value[name]);
    const { id: project } = within("project");
    const { id: lot, bids } = within("lot");
    const { size, root } = within("stream");
    return {
      project: { id: read(string, project) },
      lot: { id: read(string, lot), bids: read(integer(), bids) },
      rows: list("rows"),
      unopened: list("unopened"),
      refused: list("refused"),
      stream: { size: read(integer(1), size), root: read(digest, root) },
    };
  } catch (error) {
    if (error instanceof Misshapen || error instanceof NotCanonical) return fail("record-malformed");
    throw error;
  }
}

function shaped<T>(shape: Reader<T>, value: unknown): T {
  try {
    return read(shape, value);
  } catch (error) {
    if (error instanceof Misshapen) return fail("evidence-malformed", { at: error.at });
    throw error;
  }
}
