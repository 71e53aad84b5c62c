/** Announced sheets, opened again with the published keys (docs/spec/sealed-bid.md, 15). */
import { unbase64 } from "../../bid/encoding";
import { CryptoFailure, fail } from "../../bid/failure";
import { bidDigest, parsePromise, promiseWithout, type Promised } from "../../bid/header";
import { repeatSheet } from "../../bid/open";
import { checkSheet } from "../../bid/sheet";
import type { Bytes, Hex } from "../../bid/types";
import { suiteNamed } from "../../suite";
import type { Lot, Received } from "../course";
import { extraOf } from "../details";
import { as } from "../facts";
import type { Sheet } from "../form";
import { Findings, type OnPart } from "../outcome";
import type { Reading } from "../reading";

export async function sheets(reading: Reading, onPart?: OnPart): Promise<Findings> {
  const findings = new Findings();
  const all = announced(reading);
  for (const [at, { bid, received, lot }] of all.entries()) {
    onPart?.(at, all.length);
    const sheet = reading.bundle.sheets.get(bid);
    if (!sheet) {
      findings.lacks();
      continue;
    }
    findings.told(sheet.context !== undefined);
    try {
      await judge(reading, received, lot, sheet);
    } catch (error) {
      if (!(error instanceof CryptoFailure)) throw error;
      findings.fail(error.code, { file: `sheets/${bid}.json` });
    }
  }
  return findings;
}

/** All announced bids that opened, lot by lot in reading order, with the events by which they came. */
function announced({ course }: Reading): { bid: Hex; received: Received; lot: Lot }[] {
  return [...course.lots].flatMap(([id, lot]) =>
    lot.order.flatMap((party) => {
      const bid = lot.opened.get(party);
      const received = course.received.findLast((it) => it.lot === id && it.party === party && it.bid === bid);
      return bid !== undefined && received ? [{ bid, received, lot }] : [];
    }),
  );
}

async function judge(reading: Reading, received: Received, lot: Lot, sheet: Sheet): Promise<void> {
  let fields: Record<string, unknown>;
  if (sheet.context !== undefined) {
    const promised = promiseOf(sheet, received.bid);
    if (!isOf(reading, received, promised)) fail("context-differs");
    fields = await open(promised, sheet);
  } else {
    if (!reading.isPublic || !lot.masked) fail("context-differs");
    fields = await open(maskedOf(reading, sheet), sheet);
  }
  const terms = reading.terms.get(received.terms);
  // The fields that are not public are not told.
  const schema = terms && { ...terms.schema, fields: terms.schema.fields.filter((field) => field.public) };
  if (schema && checkSheet(schema, { open: fields, kept: {} }).length > 0) fail("sheet-wrong");
}

/** What a sheet's context and commitments promise, where they are of this bid. Refusals: bid-digest, and those of headers. */
export function promiseOf(sheet: Sheet, bid: Hex): Promised {
  const promised = promiseIn(sheet);
  const parts = [bytesIn(sheet.context ?? ""), bytesIn(sheet.commitments)] as const;
  return bidDigest(promised.suite, ...parts, sheet.wraps ?? "", sheet.chain ?? "") === bid ? promised : fail("bid-digest");
}

/** The same of whatever bid. */
function promiseIn({ context, commitments }: Sheet): Promised {
  return parsePromise(bytesIn(context ?? ""), bytesIn(commitments));
}

/** The same where the context, which would name the bidder, is withheld: that it is the bid of this digest is withheld with it. */
function maskedOf({ terms }: Reading, sheet: Sheet): Promised {
  // All lots of a project are of one suite.
  const [first] = terms.values();
  const context = sheet.context_digest ?? fail("context-differs");
  return promiseWithout(context, bytesIn(sheet.commitments), first && suiteNamed(first.suite));
}

/** Whether a context is of the terms, project and lot of the bid's event, and names the organisation behind the party, where that is known. */
function isOf(reading: Reading, { lot, party, rescue, terms }: Received, { context }: Promised): boolean {
  const bidder = organisationOf(reading, lot, party);
  return (
    context.terms === terms &&
    context.project === reading.project &&
    context.lot === lot &&
    (context.rescue !== null) === rescue &&
    (bidder === undefined || bidder === context.bidder)
  );
}

/** Who is behind a party: the author of its first bid. */
function organisationOf({ facts }: Reading, lot: string, party: string): string | undefined {
  const first = facts.find(({ facts: { what }, details }) => {
    const received = as(what, "bid_received");
    return received?.lot === lot && received.party === party && details?.author !== undefined;
  });
  return first?.details?.author?.organisation;
}

function open(promised: Promised, sheet: Sheet): Promise<Record<string, unknown>> {
  const key = bytesIn(sheet.segment_key);
  if (key.length !== 32) fail("segment-key-mismatch", { segment: 0 });
  return repeatSheet(promised, key, bytesIn(sheet.ciphertext));
}

/** The fields of an announced sheet, where it can be opened: whose it is, the check of sheets asks. */
export async function fieldsOf(reading: Reading, bid: Hex): Promise<Record<string, unknown> | undefined> {
  const sheet = reading.bundle.sheets.get(bid);
  try {
    return sheet && (await open(sheet.context === undefined ? maskedOf(reading, sheet) : promiseIn(sheet), sheet));
  } catch (error) {
    if (error instanceof CryptoFailure) return undefined;
    throw error;
  }
}

/** What the platform says that it opened, where that is told. */
export function toldOf({ facts }: Reading, bid: Hex): string | undefined {
  const opened = facts.flatMap(({ details }) => extraOf(details, "sheets")?.sheets ?? []);
  return opened.find((it) => it.bid === bid)?.sheet;
}

function bytesIn(text: string): Bytes {
  return unbase64(text) ?? fail("header-truncated");
}
