/** Which files there are follows from what the facts say. */
import { hex } from "../../bid/encoding";
import { parseHeader } from "../../bid/header";
import { listsOf } from "../../bid/act";
import { sha256 } from "../../bid/hash";
import type { Bytes, Hex } from "../../bid/types";
import { CryptoFailure } from "../../failure";
import { isContested } from "../course";
import { groundsOf } from "../details";
import { as } from "../facts";
import { Findings } from "../outcome";
import type { Reading } from "../reading";

export function files(reading: Reading): Findings {
  const findings = new Findings();
  const { bundle } = reading;
  const wanted = wantedBy(reading);
  const there = new Set(bundle.names);
  for (const file of wanted) findings.expect(there.has(file), "file-missing", { file });
  for (const file of there) {
    // Stamps are there as far as their authorities answered, and places of notices where
    // the platform has entered them.
    const may = wanted.has(file) || (["notices.jsonl", "timestamps.jsonl"].includes(file) && reading.hasLog);
    findings.expect(may, "file-surplus", { file });
  }
  for (const [digest, list] of bundle.crls) findings.expect(hex(sha256(list)) === digest, "file-missing", { file: `crls/${digest}.der` });
  for (const [bid, header] of bundle.headers) findings.expect(headerDigest(header) === bid, "file-missing", { file: `headers/${bid}.bin` });
  for (const { terms } of bundle.logged) findings.expect(bundle.terms.has(terms), "file-surplus", { file: "logged.jsonl" });
  return findings;
}

function headerDigest(bytes: Bytes): Hex | undefined {
  try {
    return parseHeader(bytes.slice()).bid;
  } catch (error) {
    if (error instanceof CryptoFailure) return undefined;
    throw error;
  }
}

function wantedBy(reading: Reading): Set<string> {
  const wanted = new Set(["bundle.json", "events.jsonl"]);
  if (reading.hasLog) for (const file of ["anchors.jsonl", "checkpoint", "logged.jsonl"]) wanted.add(file);
  if (reading.bundle.lines.some(({ erased }) => erased)) wanted.add("erasures.jsonl");
  for (const { facts, details } of reading.facts) {
    const { what } = facts;
    const statement = as(what, "statement_signed");
    if (statement) wanted.add(statement.lot === undefined ? "closing.json" : `accepted/${statement.lot}.json`);
    if (as(what, "bid_received")) wanted.add("receipts.jsonl");
    const rules = [...(as(what, "published")?.lots ?? []), as(what, "terms_amended")?.rules];
    for (const it of rules) if (it) wanted.add(`terms/${it.terms}.json`);
    const made = as(what, "record_made");
    if (made && !reading.isPublic) wanted.add(`records/${made.record}.json`);
    for (const grounds of details ? groundsOf(details) : []) for (const list of listsOf(grounds)) wanted.add(`crls/${list}.der`);
  }
  for (const { custodians } of reading.terms.values()) {
    const acts = custodians.flatMap(({ certified, authorised }) => [certified, authorised?.act]);
    for (const act of acts) if (act?.grounds) for (const list of listsOf(act.grounds)) wanted.add(`crls/${list}.der`);
  }
  for (const file of ofLots(reading)) wanted.add(file);
  return wanted;
}

/** What there is of bids and records. */
function ofLots({ course, isPublic }: Reading): string[] {
  return [...course.lots.values()].flatMap((lot) => {
    const announced = lot.order.flatMap((party) => lot.opened.get(party) ?? []);
    const sheets = announced.map((bid) => `sheets/${bid}.json`);
    if (isPublic) return [...sheets, ...lot.records.slice(-1).map((record) => `records/${record}.json`)];
    const headers = [...lot.accepted, ...lot.rescues].map((bid) => `headers/${bid}.bin`);
    const contested = [...lot.outcomes.keys()].filter((bid) => isContested(lot, bid));
    return [...sheets, ...headers, ...contested.map((bid) => `rechecks/${bid}.json`)];
  });
}
