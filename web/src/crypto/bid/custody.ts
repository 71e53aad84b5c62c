/** What a custodian proves by itself before it releases or rescues (docs/ops/cli.md, custodian). */
import type { AcceptedAct, ActBody, Failure, StatementProof } from "../contract";
import { checkAgain } from "./act";
import { proveAccepted, proveClosing } from "../tlog/anchored";
import { answersOf, held, shareBody, type Proved, type Unproved, type Withheld } from "./answers";
import { Role } from "./derive";
import { base64, unbase64 } from "./encoding";
import { CryptoFailure, fail } from "./failure";
import { parseHeader, type Header } from "./header";
import { shareOf } from "./rehearse";
import { bidsOf, checkStatement, isWithin, statementDigest, type Accepted, type Closing, type SignedStatement } from "./statements";
import { checked, type Checked, type Report } from "./steps";
import { CLOCKS_DIFFER, bodyOf, checkOwnTerms, custodianKey, goesOnWith, placeOf, type Terms } from "./terms";
import { orderRescueShape, unlockShape } from "./terms-shape";
import { continues } from "./tree";
import type { Bytes, Hex, Judge, Millis, OpeningKey } from "./types";
import { checkPast } from "./unlock";
import { readAccepted } from "./wire";
import { keyId } from "./wrap";

/** GET .../lots/{lot}/accepted. */
export interface AcceptedView {
  accepted: SignedStatement;
  closing: SignedStatement;
  consistency: Hex[];
  bids: { bid: Hex; header: string; unlock?: AcceptedAct | null }[];
  closing_proof?: StatementProof | null;
  accepted_proof?: StatementProof | null;
}

/** What was released for a lot: kept for ever, written before anything is sent. */
export interface Released {
  project: string;
  lot: string;
  closing: Hex;
  accepted: Hex;
  /** Ascending. */
  bids: Hex[];
}

export interface ReleaseOrder {
  terms: Terms;
  view: AcceptedView;
  judge: Judge;
  now: Millis;
  /** The custodian's project key. */
  key: OpeningKey;
  /** What this custodian released for this lot before. */
  before?: Released;
  /** Bids of this lot whose rescue this custodian took part in. */
  rescued: Hex[];
}

export interface Release {
  body: ActBody;
  /** Base64, 32 bytes each, in the order of body.shares. */
  secrets: string[];
  /** The bids that no share is given of, and why. */
  withheld: Withheld[];
  /** To be kept before the act is sent. */
  released: Released;
  /** This custodian's x. */
  x: number;
}

export interface Lists {
  closing: Closing;
  accepted: Accepted;
}

const RELEASE_STEPS = [
  "release-terms",
  "release-place",
  "release-lists",
  "release-continues",
  "release-log",
  "release-clock",
  "release-minimum",
  "release-bids",
  "release-unlocks",
  "release-once",
  "release-shares",
];

/** Proves everything and opens this custodian's shares of exactly the accepted bids. */
export function release(order: ReleaseOrder, report?: Report): Promise<Checked<Release>> {
  const { terms, view, now } = order;
  return checked(RELEASE_STEPS, report, async (run) => {
    await run("release-terms", async (_, note) => note(await checkOwnTerms(terms, order.judge, now)));
    const x = await run("release-place", () => placeIn(terms, order.key));
    const { closing, accepted } = await run("release-lists", () => checkLists(view, terms));
    await run("release-continues", () => checkContinues(view.consistency, closing, accepted));
    await run("release-log", async (_, note) => {
      const told = await proveClosing(closing, view.closing_proof, terms);
      note(once([...told, ...(await proveAccepted(accepted, view.accepted_proof, terms))]));
    });
    await run("release-clock", () => checkTime(closing, accepted, now));
    await run("release-minimum", (about) => {
      const least = terms.content.policy.minimum;
      about({ bids: accepted.bids.length, least });
      if (!goesOnWith(terms.content.policy, accepted.bids.length)) fail("below-minimum", { bids: accepted.bids.length, least });
    });
    // What cannot be proved about one bid withholds that bid's share and nothing else.
    const shown = new Map(view.bids.map((it) => [it.bid, it]));
    const read = await run("release-bids", async (about) => {
      const read: Proved[] = [];
      for (const bid of accepted.bids) {
        const header = await held(() => headerOf(terms, bid, unbase64(shown.get(bid)?.header ?? "") ?? fail("header-not-a-bid")));
        read.push(header ? { bid, header } : { bid, cause: "header" });
        about({ done: read.length, total: accepted.bids.length });
      }
      return read;
    });
    const window = { from: closing.at, until: accepted.at };
    const bids = await run("release-unlocks", async (about) => {
      const bids: Proved[] = [];
      for (const it of read) {
        const cause = it.cause ?? (await unprovedUnlock(order, it.header, shown.get(it.bid)?.unlock, window));
        bids.push(cause ? { bid: it.bid, cause } : it);
        about({ done: bids.length, total: read.length });
      }
      return bids;
    });
    const released: Released = {
      project: terms.content.project,
      lot: terms.content.lot,
      closing: statementDigest(view.closing),
      accepted: statementDigest(view.accepted),
      bids: [...accepted.bids].sort(),
    };
    await run("release-once", () => {
      if (order.before && JSON.stringify(sorted(order.before)) !== JSON.stringify(sorted(released))) fail("released-other");
    });
    return run("release-shares", async (about) => {
      const { shares, withheld, secrets } = await answersOf(bids, x, order.key);
      about({ shares: shares.length, withheld: withheld.length });
      const body: ActBody = { act: "release", accepted: released.accepted, lot: released.lot, shares };
      if (withheld.length > 0) body["withheld"] = withheld;
      return { body, secrets, withheld, released, x };
    });
  });
}

interface RescueOrder {
  terms: Terms;
  judge: Judge;
  closing: SignedStatement;
  /** That it is what the tree anchored in the public log holds. */
  closingProof?: StatementProof | null;
  /** The supervisor's signed order: GET .../bids/{bid}/rescue-order. */
  order: AcceptedAct;
  bid: Hex;
  header: Bytes;
  now: Millis;
  key: OpeningKey;
}

const RESCUE_STEPS = [
  "rescue-terms",
  "rescue-closing",
  "rescue-log",
  "rescue-clock",
  "rescue-list",
  "rescue-order",
  "rescue-header",
  "rescue-share",
];

/**
 * This custodian's share of b of one bid whose rescue the supervisor ordered
 * under its own signature. Keep the bid among `rescued` before sending.
 */
export function rescue(order: RescueOrder, report?: Report): Promise<Checked<{ body: ActBody; secrets: string[] }>> {
  const { terms } = order;
  const { lot } = terms.content;
  return checked(RESCUE_STEPS, report, async (run) => {
    await run("rescue-terms", async (_, note) => {
      note(await checkOwnTerms(terms, order.judge, order.now));
      placeIn(terms, order.key);
      if (terms.content.rescue === undefined) fail("rescue-not-allowed");
    });
    const closing = await run("rescue-closing", () =>
      checkStatement("closing", order.closing, placeOf(terms), terms.content.trust.statement_key, terms.content.trust.sm2_chain),
    );
    await run("rescue-log", async (_, note) => note(await proveClosing(closing, order.closingProof, terms)));
    await run("rescue-clock", () => checkPast(closing, order.now));
    await run("rescue-list", () => {
      if (!bidsOf(closing, lot).includes(order.bid)) fail("not-on-list");
    });
    await run("rescue-order", () => checkOrder(order));
    const header = await run("rescue-header", () => {
      const header = headerOf(terms, order.bid, order.header);
      if (!header.context.rescue) fail("rescue-not-wanted");
      if (header.context.rescue.t !== terms.content.rescue) fail("header-other-terms", { bid: order.bid });
      return header;
    });
    return run("rescue-share", async () => {
      const { x, share } = await shareOf(header, Role.rescue, order.key);
      const answer = shareBody(header.bid, x, share);
      return { body: { act: "rescue", lot, share: answer }, secrets: [base64(share)] };
    });
  });
}

/** An order by the supervisor that the terms name, for this bid of this lot. */
async function checkOrder({ terms, judge, bid, order }: RescueOrder): Promise<void> {
  const { lot, officials } = terms.content;
  let signed: Awaited<ReturnType<typeof checkAgain>>;
  try {
    signed = await checkAgain(order, placeOf(terms), judge);
  } catch (error) {
    if (!(error instanceof CryptoFailure)) throw error;
    throw new CryptoFailure("order-unproved", { reason: error.code });
  }
  const body = bodyOf(orderRescueShape, "order-rescue", signed.body);
  const theirs = signed.holder.organisation === officials.supervisor.organisation;
  if (!theirs || body?.bid !== bid || body.lot !== lot) fail("order-unproved", { reason: "other" });
}

/** Verifies both lists under the key that the terms pin, and that every accepted bid is among those that closed. */
async function checkLists(view: Pick<AcceptedView, "closing" | "accepted">, terms: Terms): Promise<Lists> {
  const { statement_key: key, sm2_chain } = terms.content.trust;
  const closing = await checkStatement("closing", view.closing, placeOf(terms), key, sm2_chain);
  const accepted = await checkStatement("accepted", view.accepted, placeOf(terms), key, sm2_chain);
  if (!isWithin(accepted, closing, statementDigest(view.closing))) fail("lists-disagree");
  if (accepted.lot !== terms.content.lot) fail("lists-other-lot");
  return { closing, accepted };
}

/** Checks that the accepted statement's tree grew out of the closing one's. */
function checkContinues(path: Hex[], closing: Closing, accepted: Accepted): void {
  if (!continues({ old: closing.size, size: accepted.size, path }, closing.root, accepted.root)) fail("tree-rewritten");
}

/**
 * Checks by this machine's own clock that T0 is past and the list was fixed. By
 * signing the list, the platform has said that it takes no further unlock for
 * the lot.
 */
function checkTime(closing: Closing, accepted: Accepted, now: Millis): void {
  if (now < closing.at || now + CLOCKS_DIFFER < accepted.at) fail("too-early");
}

/** This custodian's x in the terms. */
function placeIn(terms: Terms, key: OpeningKey): number {
  const own = keyId(key.spki);
  return (
    terms.content.custodians.find((custodian) => keyId(custodianKey(custodian, terms.content.suite)) === own)?.x ?? fail("not-this-key")
  );
}

/** Parses a header and checks that it is of this lot, under these terms, for these custodians. */
function headerOf(terms: Terms, bid: Hex, bytes: Bytes): Header {
  const header = parseHeader(bytes);
  const { context } = header;
  const { content } = terms;
  const custodians = content.custodians.map((custodian) => keyId(custodianKey(custodian, content.suite)));
  const fits =
    header.bid === bid &&
    context.terms === terms.digest &&
    context.project === content.project &&
    context.lot === content.lot &&
    context.custodians.join() === custodians.join() &&
    context.release.t === content.release;
  return fits ? header : fail("header-other-terms", { bid });
}

/** What is lacking of the bidder's own signed unlock, unless this custodian took part in a rescue. */
async function unprovedUnlock(
  { terms, judge, rescued }: ReleaseOrder,
  header: Header,
  unlock: AcceptedAct | null | undefined,
  window: { from: Millis; until: Millis },
): Promise<Unproved | undefined> {
  const { bid } = header;
  if (!unlock) return rescued.includes(bid) ? undefined : "unlock-missing";
  const signed = await held(() => checkAgain(readAccepted(unlock), placeOf(terms), judge));
  if (!signed) return "unlock-unproved";
  const body = bodyOf(unlockShape, "unlock", signed.body);
  const own = signed.holder.organisation === header.context.bidder;
  if (!own || body?.bid !== bid || body.lot !== terms.content.lot) return "unlock-other";
  // Unlocks are accepted after T0 and before the list; the clock may have been put
  // right in between.
  const { at } = signed;
  return at + CLOCKS_DIFFER < window.from || at > window.until + CLOCKS_DIFFER ? "unlock-unproved" : undefined;
}

/** What is to be told of both statements is told once. */
function once(notes: Failure[]): Failure[] {
  return notes.filter(({ code }, at) => notes.findIndex((other) => other.code === code) === at);
}

function sorted({ project, lot, closing, accepted, bids }: Released): unknown[] {
  return [project, lot, closing, accepted, [...bids].sort()];
}

interface StatementsOrder {
  terms: Terms;
  closing: SignedStatement;
  accepted?: SignedStatement;
  consistency?: Hex[];
  now: Millis;
}

/** For whoever watches: the platform's lists, as a custodian would check them. */
export function auditStatements(
  order: StatementsOrder,
  report?: Report,
): Promise<Checked<{ closing: Hex; accepted?: Hex; at: Millis; bids: Hex[] }>> {
  const { terms, accepted } = order;
  const steps = [
    "audit-closing",
    "audit-clock",
    ...(accepted ? ["audit-accepted"] : []),
    ...(accepted && order.consistency ? ["audit-continues"] : []),
  ];
  return checked(steps, report, async (run) => {
    const closing = await run("audit-closing", () =>
      checkStatement("closing", order.closing, placeOf(terms), terms.content.trust.statement_key, terms.content.trust.sm2_chain),
    );
    await run("audit-clock", () => checkPast(closing, order.now));
    const found = { closing: statementDigest(order.closing), at: closing.at, bids: bidsOf(closing, terms.content.lot) };
    if (!accepted) return found;
    const lists = await run("audit-accepted", () => checkLists({ closing: order.closing, accepted }, terms));
    if (order.consistency) await run("audit-continues", () => checkContinues(order.consistency!, closing, lists.accepted));
    return { ...found, accepted: statementDigest(accepted), bids: lists.accepted.bids };
  });
}
