/** The checks that bids and custodians' answers failed, repeated from what was disclosed of them (docs/spec/recheck.md). */
import { canonical } from "../../bid/canonical";
import { audit, derivationOf } from "../../bid/deal";
import { Role } from "../../bid/derive";
import { unbase64 } from "../../bid/encoding";
import { CryptoFailure, fail } from "../../bid/failure";
import { digestOf } from "../../bid/hash";
import { parseHeader, type Header } from "../../bid/header";
import { checkR, checkSegmentKey, recoverRelease, recoverRescue, repeatManifest, repeatSheet, unlockKey } from "../../bid/open";
import { checkB, checkShare } from "../../bid/rehearse";
import { checkSheet } from "../../bid/sheet";
import type { Bytes, Hex } from "../../bid/types";
import { keyId } from "../../bid/wrap";
import { parsed } from "../../tlog/anchored";
import type { Lot } from "../course";
import { as } from "../facts";
import type { Recheck } from "../form";
import { Findings } from "../outcome";
import type { Reading } from "../reading";

const FORMAT = "kaibiao/1 recheck";

/** Nothing of a public edition, which has none. */
export async function rechecks(reading: Reading): Promise<Findings | undefined> {
  if (reading.isPublic) return undefined;
  const findings = new Findings();
  for (const [bid, file] of reading.bundle.rechecks) {
    const lot = reading.course.lots.get(file.lot);
    const holds = lot !== undefined && isOf(reading, bid, file, lot) && (await repeats(bid, file, lot)) && answers(reading, bid, file, lot);
    findings.expect(holds, "recheck-differs", { file: `rechecks/${bid}.json` });
    // The ciphertext of a document is in the sealed bid, which its bidder has.
    findings.told(file.failed !== "document");
  }
  return findings;
}

/** Whether the file is about this bid, under its lot's schema. */
function isOf({ project, terms }: Reading, bid: Hex, file: Recheck, lot: Lot): boolean {
  const schema = terms.get(lot.rules.terms)?.schema;
  const sameSchema = file.schema === undefined || (schema !== undefined && canonical(schema) === canonical(file.schema));
  return file.format === FORMAT && file.project === project && file.bid === bid && sameSchema;
}

/** What each failed check means for the bid (docs/spec/sealed-bid.md, 16). */
const MEANS: Record<string, string | undefined> = {
  "shares-too-few": "shares_missing",
  "shares-duplicate": "shares_missing",
  "share-mismatch": "shares_missing",
  "release-mismatch": "release_mismatch",
  "rescue-mismatch": "rescue_mismatch",
  "dealing-commitment": "dealing_mismatch",
  "dealing-wrap": "dealing_mismatch",
  "key-mismatch": "key_mismatch",
  "segment-key-mismatch": "key_mismatch",
  "not-authentic": "unreadable",
  "frame-wrong": "plaintext_mismatch",
  "plaintext-mismatch": "plaintext_mismatch",
  "sheet-wrong": "malformed",
  "manifest-wrong": "malformed",
  "document-mismatch": "manifest_mismatch",
};

/** Where nothing fails in the file, the bid opened or its opening failed for want of what is not in it. */
const WITHOUT_FAULT = new Set(["opened", "shares_missing", "store_corrupt", "not_opened"]);

/** Makes all checks for which the file has what they need: the one fails that the facts name. */
async function repeats(bid: Hex, file: Recheck, lot: Lot): Promise<boolean> {
  const outcome = lot.outcomes.get(bid);
  if (outcome === undefined) return false;
  let code: string | undefined;
  try {
    const header = parseHeader(bytesIn(file.header));
    const custodians = file.custodians.map(bytesIn);
    if (header.bid !== bid || custodians.map(keyId).join() !== header.context.custodians.join()) return false;
    code = await walk(header, custodians, file);
  } catch (error) {
    if (error instanceof CryptoFailure) return false;
    throw error;
  }
  if (code !== undefined) return file.failed === code && (MEANS[code] ?? "store_corrupt") === outcome;
  // A document that did not open cannot be repeated without it.
  if (file.failed !== undefined) return file.failed === "document" && (lot.documents.get(bid)?.size ?? 0) > 0;
  return WITHOUT_FAULT.has(outcome);
}

/** The check that fails, in the order of docs/spec/sealed-bid.md, 15. */
async function walk(header: Header, custodians: Bytes[], file: Recheck): Promise<string | undefined> {
  const secrets = { b: file.b && secretIn(file.b), r: file.r && secretIn(file.r) };
  const [shares, rescue] = [sharesIn(file.shares), sharesIn(file.rescue)];
  const segments = (file.segments ?? []).map(({ segment, key, ciphertext }) => {
    if (segment < 2 && ciphertext === undefined) fail("header-truncated");
    return { segment, key: secretIn(key), ciphertext: ciphertext === undefined ? undefined : bytesIn(ciphertext) };
  });
  try {
    for (const { x, share } of rescue) checkShare(header, Role.rescue, x, share);
    if (rescue.length > 0) recoverRescue(header, rescue);
    for (const { x, share } of shares) checkShare(header, Role.release, x, share);
    if (shares.length > 0) recoverRelease(header, shares);
    const { b, r } = secrets;
    if (r) {
      checkR(header, r);
      await audit(header, Role.release, r, custodians);
    }
    if (b) checkB(header, b);
    if (b && r) unlockSegments(header, unlockKey(header, b, r));
    else if (b) await audit(header, Role.rescue, b, custodians);
    await contents(header, file, segments);
    return undefined;
  } catch (error) {
    if (error instanceof CryptoFailure) return error.code;
    throw error;
  }
}

function unlockSegments(header: Header, prk: Bytes): void {
  const derivation = derivationOf(header);
  for (const { segment } of header.places) checkSegmentKey(header, segment, derivation.segmentKey(prk, segment));
}

/** Opens the segments whose keys are there, but for documents. */
async function contents(
  header: Header,
  file: Recheck,
  segments: { segment: number; key: Bytes; ciphertext: Bytes | undefined }[],
): Promise<void> {
  let open: Record<string, unknown> | undefined;
  let kept: Record<string, unknown> | undefined;
  for (const { segment, key, ciphertext } of segments) {
    checkSegmentKey(header, segment, key);
    if (segment === 0 && ciphertext) open = await repeatSheet(header, key, ciphertext);
    if (segment === 1 && ciphertext) kept = (await repeatManifest(header, key, ciphertext)).sheet;
  }
  if (file.schema && open && kept && checkSheet(file.schema, { open, kept }).length > 0) fail("sheet-wrong");
}

/** Whether each answer is one that the facts and the custodian's signed act know. */
function answers(reading: Reading, bid: Hex, file: Recheck, lot: Lot): boolean {
  return (file.answers ?? []).every(({ x, why, share }) => {
    const said = lot.releases.get(x);
    if (!said) return false;
    if (why && !said.withheld.get(bid)?.some((it) => canonical(it) === canonical(why))) return false;
    if (share === undefined) return true;
    const sent = bytesIn(share);
    return said.wrong.has(bid) && !isRight(file, x, sent) && isSigned(reading, file.lot, x, bid, digestOf(sent));
  });
}

function isRight(file: Recheck, x: number, share: Bytes): boolean {
  try {
    checkShare(parseHeader(bytesIn(file.header)), Role.release, x, share);
    return true;
  } catch (error) {
    if (error instanceof CryptoFailure) return false;
    throw error;
  }
}

/** Whether a release of this custodian has the share's digest in its signed body. */
function isSigned({ facts }: Reading, lot: string, x: number, bid: Hex, share: Hex): boolean {
  return facts.some(({ facts: { what }, details }) => {
    const released = as(what, "released");
    if (released?.lot !== lot || released.x !== x || !released.wrong.includes(bid)) return false;
    const body = parsed(details?.signed?.body ?? "") as { act?: unknown; shares?: unknown } | undefined;
    const shares = body?.act === "release" && Array.isArray(body.shares) ? (body.shares as Record<string, unknown>[]) : [];
    return shares.some((it) => it["bid"] === bid && it["x"] === x && it["share"] === share);
  });
}

function sharesIn(given: Recheck["shares"] = []): { x: number; share: Bytes }[] {
  return given.map(({ x, share }) => ({ x, share: secretIn(share) }));
}

/** 32 bytes, which every secret is. */
function secretIn(text: string): Bytes {
  const bytes = bytesIn(text);
  return bytes.length === 32 ? bytes : fail("header-truncated");
}

function bytesIn(text: string): Bytes {
  return unbase64(text) ?? fail("header-truncated");
}
