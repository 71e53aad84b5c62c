/** Receipts: those of the bundle against its events, and those that bidders have kept. */
import { checkStatement, type Receipt, type SignedStatement } from "../../bid/statements";
import { CryptoFailure } from "../../failure";
import { readPromise } from "../../tlog/receipt";
import type { Received } from "../course";
import type { AnchorLine } from "../form";
import { Findings, type OnPart, type Outcome } from "../outcome";
import type { Policy } from "../policy";
import type { Reading } from "../reading";

export async function receipts(reading: Reading, onPart?: OnPart): Promise<Findings> {
  const findings = new Findings();
  const { received } = reading.course;
  const given = reading.bundle.receipts;
  for (const [at, event] of received.entries()) {
    onPart?.(at, received.length);
    const place = { seq: event.seq };
    const short = given[at];
    const receipt = short ? await verified(reading, short) : "receipt-differs";
    if (typeof receipt === "string") {
      findings.fail(receipt, place);
      continue;
    }
    findings.expect(isOf(reading, event, receipt), "receipt-differs", place);
    findings.expect(receipt.tick > 0 === reading.hasLog, "receipt-differs", place);
    const anchor = anchorOf(reading, receipt.tick);
    findings.expect(!anchor || event.seq <= anchor.size, "receipt-late", place);
  }
  findings.expect(given.length <= received.length, "receipt-differs", { file: "receipts.jsonl" });
  return findings;
}

/** A receipt that somebody has kept; of somewhere else, or nobody's, it says nothing about this bundle. */
export async function kept(reading: Reading, name: string, text: string): Promise<Outcome> {
  const short = readPromise(text);
  const receipt = short && (await verified(reading, short));
  if (!receipt || typeof receipt === "string") return { outcome: "not-asked" };
  if (reading.course.received.some((event) => isOf(reading, event, receipt))) return { outcome: "holds" };
  return { outcome: "fails", fault: { code: "receipt-missing", place: { file: name } } };
}

/** The receipt, or the code of the signature that does not hold. */
async function verified(
  { policy, project }: Reading,
  short: SignedStatement,
): Promise<Receipt | "receipt-signature" | "receipt-sm2-signature"> {
  try {
    const receipt = await checkStatement("receipt", short, { origin: policy.origin, project }, policy.receiptKey, policy.sm2Chain);
    return isSignedAsAsked(short, policy) ? receipt : "receipt-sm2-signature";
  } catch (error) {
    if (!(error instanceof CryptoFailure) || UNABLE.has(error.code)) throw error;
    return error.code === "statement-sm2-signature" ? "receipt-sm2-signature" : "receipt-signature";
  }
}

/** Whether there is a second signature exactly where the policy can ask for one. */
export function isSignedAsAsked(short: SignedStatement, policy: Policy): boolean {
  return (typeof short.sm2_signature === "string") === policy.sm2Chain.length > 0;
}

/** A browser that cannot check has found nothing. */
export const UNABLE = new Set(["ed25519-missing", "suite-unavailable"]);

/** Whether a receipt is the one of this event. */
function isOf({ tree }: Reading, { seq, time, lot, bid }: Received, receipt: Receipt): boolean {
  return receipt.bid === bid && receipt.lot === lot && receipt.received === time && receipt.leaf === tree.leaf(seq);
}

/** The anchor that holds what a receipt of this tick promises: the one of the tick, or the closing statement's where that comes first. */
function anchorOf({ bundle: { anchors, closing } }: Reading, tick: number): AnchorLine | undefined {
  const of = (wanted: number) => anchors.find((line) => line.tick === wanted);
  const last = closing?.proof?.anchored.anchor.tick;
  return last !== undefined && tick > last ? of(last) : (of(tick) ?? anchors.at(-1));
}
