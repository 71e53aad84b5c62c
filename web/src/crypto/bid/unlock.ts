/** Lets go of b only after the bidder's client has proved everything by itself (docs/spec/signatures.md, 4). */
import type { ActBody, UnlockRequest } from "../contract";
import { ready } from "../suite";
import { actDigest } from "./act";
import { base64 } from "./encoding";
import { fail } from "./failure";
import { digestOf } from "./hash";
import { parseHeader, type Header } from "./header";
import { secretOf } from "./rehearse";
import { bidsOf, checkStatement, type Acknowledgement, type Closing, type Receipt, type SignedStatement } from "./statements";
import { proveClosing } from "../tlog/anchored";
import { checked, type Checked, type Report } from "./steps";
import { parseTerms, placeOf, type Terms } from "./terms";
import { includes, type InclusionProof } from "./tree";
import type { Bytes, Millis, OpeningKey } from "./types";

interface ReadyToUnlock {
  header: Header;
  terms: Terms;
  closing: Closing;
}

const STEPS = [
  "unlock-header",
  "unlock-terms",
  "unlock-receipt",
  "unlock-closing",
  "unlock-clock",
  "unlock-list",
  "unlock-tree",
  "unlock-log",
];

/** Steps unlock-header, -terms, -receipt, -closing, -clock, -list, -tree, -log. Nothing is unwrapped. */
export function beforeUnlock(request: Omit<UnlockRequest, "keyfile">, report?: Report): Promise<Checked<ReadyToUnlock>> {
  return checked(STEPS, report, async (run) => {
    const header = await run("unlock-header", async () => {
      await ready(request.header);
      const header = parseHeader(request.header as Bytes);
      if (header.bid !== request.bid) fail("other-bid");
      return header;
    });
    const terms = await run("unlock-terms", () => termsOf(request.terms, header, request.place));
    const receipt = await run("unlock-receipt", () => checkReceipt(request.receipt ?? fail("receipt-needed"), terms, header));
    const closing = await run("unlock-closing", () =>
      checkStatement("closing", request.closing, placeOf(terms), terms.content.trust.statement_key, terms.content.trust.sm2_chain),
    );
    await run("unlock-clock", () => checkPast(closing, request.now));
    await run("unlock-list", (about) => {
      const bids = bidsOf(closing, header.context.lot);
      about({ bids: bids.length });
      if (!bids.includes(header.bid)) fail("not-on-list");
    });
    await run("unlock-tree", (about) => {
      const { inclusion } = request;
      if (!inclusion) return fail("proof-needed");
      about({ size: inclusion.size });
      checkInclusion(inclusion, receipt, closing);
    });
    await run("unlock-log", async (_, note) => note(await proveClosing(closing, request.proof, terms)));
    return { header, terms, closing };
  });
}

/**
 * The unlock act's body (without nonce) and its secret, for a bid proved by
 * `beforeUnlock`: the one that the bidder named and its receipt names too.
 */
export async function unlockAct({ header }: ReadyToUnlock, keys: OpeningKey[]): Promise<{ body: ActBody; secrets: string[] }> {
  return unlockBody(header, await secretOf(header, keys, header.bid));
}

/** The same with b from elsewhere; b is wiped. */
export function unlockBody(header: Header, b: Bytes): { body: ActBody; secrets: string[] } {
  const body = { act: "unlock", bid: header.bid, key: digestOf(b), lot: header.context.lot };
  const secrets = [base64(b)];
  b.fill(0);
  return { body, secrets };
}

/** Verifies the platform's acknowledgement of this very unlock; `act`: the signed act's exact body. */
export async function checkAcknowledgement(
  signed: SignedStatement,
  { terms, header }: Pick<ReadyToUnlock, "terms" | "header">,
  act: string,
): Promise<Acknowledgement> {
  const acknowledged = await checkStatement(
    "acknowledge",
    signed,
    placeOf(terms),
    terms.content.trust.statement_key,
    terms.content.trust.sm2_chain,
  );
  if (acknowledged.bid !== header.bid || acknowledged.unlock !== actDigest(act)) fail("acknowledgement-other");
  return acknowledged;
}

/** Verifies a receipt for this very bid, under the key that the bid's terms pin. */
export async function checkReceipt(signed: SignedStatement, terms: Terms, header: Header): Promise<Receipt> {
  const receipt = await checkStatement("receipt", signed, placeOf(terms), terms.content.trust.receipt_key, terms.content.trust.sm2_chain);
  if (receipt.bid !== header.bid || receipt.lot !== header.context.lot) fail("receipt-other");
  return receipt;
}

/** The terms whose digest is in ctx: they pin the platform's keys, so a server can show no others. */
export function termsOf(source: string, header: Header, place?: { origin: string; project: string }): Terms {
  const terms = parseTerms(source);
  const { context } = header;
  if (terms.digest !== context.terms) fail("terms-other");
  const { project, lot, trust } = terms.content;
  if (project !== context.project || lot !== context.lot) fail("terms-other");
  if (place && (place.project !== project || place.origin !== trust.origin)) fail("terms-elsewhere");
  return terms;
}

/** Checks that T0 is past, by the platform's signed word and by this machine's own clock. */
export function checkPast(closing: Closing, now: Millis): void {
  if (now < closing.at) fail("clock-before-t0", { seconds: Math.ceil((closing.at - now) / 1000) });
}

function checkInclusion(proof: InclusionProof, receipt: Receipt, closing: Closing): void {
  const held = proof.size === closing.size && includes(proof, receipt.leaf, closing.root);
  if (!held) fail("not-in-tree");
}
