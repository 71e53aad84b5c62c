/** Sealing terms: what facts take from them, who signed that they be so, and what docs/spec/terms.md, 2 asks of them. */
import { canonical, canonicalBytes } from "../../bid/canonical";
import { hex } from "../../bid/encoding";
import { labelled } from "../../bid/hash";
import { amendShape, publishShape, type SealingTerms } from "../../bid/terms-shape";
import { bodyOf, checkTerms, parseTerms, type Terms } from "../../bid/terms";
import { includes, leafHash } from "../../bid/tree";
import type { Hex } from "../../bid/types";
import { CryptoFailure, fail } from "../../bid/failure";
import { parsed } from "../../tlog/anchored";
import type { Details } from "../details";
import { as, type LotRules } from "../facts";
import { Findings } from "../outcome";
import type { Fact, Reading } from "../reading";
import { headOf } from "./log";

export async function terms(reading: Reading): Promise<Findings> {
  const findings = new Findings();
  for (const fact of reading.facts) {
    const published = as(fact.facts.what, "published");
    const amended = as(fact.facts.what, "terms_amended");
    if (!published && !amended) continue;
    const { seq } = fact;
    const isSigned = published ? publishes(fact.details, published) : amended && amends(fact.details, amended);
    findings.expect(isSigned === true, "rules-differ", { seq });
    for (const rules of published?.lots ?? (amended ? [amended.rules] : [])) await ofRules(findings, reading, rules, fact);
  }
  for (const [digest, bytes] of reading.bundle.terms) {
    findings.expect(hex(labelled("kaibiao/1 terms", bytes)) === digest, "rules-differ", { file: `terms/${digest}.json` });
  }
  logged(findings, reading);
  return findings;
}

/** Whether the signed act publishes exactly these terms, for this T0. */
function publishes(details: Details | undefined, { t0, lots }: { t0: number; lots: LotRules[] }): boolean {
  const body = bodyOf(publishShape, "publish", actOf(details));
  const named = Object.fromEntries(lots.map(({ lot, terms }) => [lot, terms]));
  return body !== undefined && body.t0 === t0 && canonical(body.terms) === canonical(named);
}

/** Whether it amends a lot by exactly these terms. */
function amends(details: Details | undefined, { t0, rules }: { t0?: number; rules: LotRules }): boolean {
  const body = bodyOf(amendShape, "amend", actOf(details));
  return body !== undefined && body.lot === rules.lot && body.terms === rules.terms && body.t0 === t0;
}

/** The body of the act that an event bears. */
function actOf(details: Details | undefined): Record<string, unknown> {
  return (parsed(details?.signed?.body ?? "") ?? {}) as Record<string, unknown>;
}

async function ofRules(findings: Findings, reading: Reading, rules: LotRules, { seq, time }: Fact): Promise<void> {
  const file = `terms/${rules.terms}.json`;
  const bytes = reading.bundle.terms.get(rules.terms);
  if (!bytes) return findings.lacks();
  let believed: Terms;
  try {
    believed = parseTerms(bytes.slice());
    if (!reading.terms.has(rules.terms)) fail("terms-malformed", { at: "policy.stays.returning" });
  } catch (error) {
    if (error instanceof CryptoFailure) return findings.fail(error.code, { file });
    throw error;
  }
  // The digest is over the bytes, which are compared with the name.
  const same = canonical(rulesOf(believed.content, rules.terms)) === canonical(rules);
  findings.expect(same, "rules-differ", { seq });
  try {
    // What the terms alone have told fails nothing.
    const here = { ...believed, content: { ...believed.content, project: reading.project } };
    await checkTerms(here, reading.judge, time);
    findings.expect(isInTime(believed.content, time), "terms-custodian", { file });
  } catch (error) {
    if (!(error instanceof CryptoFailure) || error.code === "ed25519-missing") throw error;
    findings.fail(error.code, { file });
  }
}

/** How far two honest clocks may be apart, ms. */
const CLOCKS_DIFFER = 120_000;

/** Whether certificates were judged when the terms were fixed, or before. */
function isInTime({ custodians }: SealingTerms, time: number): boolean {
  return custodians.every(
    ({ authorised, certified }) => authorised !== undefined || (certified.grounds?.at ?? Infinity) <= time + CLOCKS_DIFFER,
  );
}

/** What facts take from terms (docs/spec/events.md). */
function rulesOf({ custodians, lot, policy, reference, release, rescue, trust }: SealingTerms, terms: Hex): LotRules {
  const { fails_after_unlock, masked, minimum, reading, stays } = policy;
  return {
    custodians: custodians.length,
    fails_after_unlock,
    lot,
    masked,
    minimum,
    quorum: trust.quorum,
    reading,
    release,
    stays: { ...stays },
    terms,
    ...(reference ? { reference: { ...reference } } : {}),
    ...(rescue === undefined ? {} : { rescue }),
  };
}

/** Each terms has its entry in the log, below the closing anchor's. */
function logged(findings: Findings, reading: Reading): void {
  const head = headOf(reading);
  if (!head || !reading.hasLog) return;
  const { anchors, closing, logged } = reading.bundle;
  const tick = closing?.proof?.anchored.anchor.tick;
  const closed = anchors.find((line) => line.tick === tick);
  for (const [digest, { lot }] of reading.terms) {
    const line = logged.find(({ terms }) => terms === digest);
    const entry = canonicalBytes({ kind: "terms", lot, project: reading.project, terms: digest });
    const isIn =
      line !== undefined &&
      line.lot === lot &&
      includes({ index: line.index, size: head.size, path: line.path }, hex(leafHash(entry)), head.root) &&
      (!closed || line.index < closed.index);
    findings.expect(isIn, "terms-unlogged", { file: `terms/${digest}.json` });
  }
}
