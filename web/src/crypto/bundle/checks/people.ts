/** That the author is whom the certificate speaks for, and acts as who it is. */
import { CryptoFailure, fail } from "../../bid/failure";
import { organisation, parseHeader, type Promised } from "../../bid/header";
import { object, string } from "../../bid/shape";
import type { Hex } from "../../bid/types";
import { shaped } from "../../tlog/anchored";
import { extraOf, type Author } from "../details";
import { as, lotOf } from "../facts";
import type { Reading } from "../reading";
import { custodianOf, type Act, type Done, type Holder } from "./authenticity";
import { promiseOf } from "./sheets";

const named = object({ name: string, organisation });
const officialsShape = object({ centre: named, supervisor: named, tenderer: named }, { agency: named });
type Officials = ReturnType<typeof officialsShape>;

export class People {
  /** Who is behind each handle, as the events before have shown it. */
  private readonly parties = new Map<string, string>();
  private readonly handles = new Map<string, string>();
  private readonly officials: Officials | undefined;

  constructor(private readonly reading: Reading) {
    const [terms] = reading.terms.values();
    this.officials = terms?.officials;
  }

  /** Refusal: author-differs. */
  judge(done: Done, act: Act | undefined, holder: Holder | undefined): void {
    const { author } = done.details;
    if (!author) {
      // Somebody without a certificate complains.
      if (done.facts.what.kind !== "complained" || done.facts.by !== "public") fail("author-differs");
      return;
    }
    const acts = this.acts(done, act, author.organisation);
    if (!speaks(author, holder) || !acts || !isBidderOf(this.reading, done, author)) fail("author-differs");
  }

  private acts({ facts: { by, what } }: Done, act: Act | undefined, own: string): boolean {
    // Of a draft the host is whom it names itself.
    const draft = act && DRAFTS.has(act.act) ? (act["draft"] as { officials?: unknown } | undefined) : undefined;
    const officials = (draft && shaped(officialsShape, draft.officials)) ?? this.officials;
    switch (by) {
      case "host":
        return !officials || officials.tenderer.organisation === own || officials.agency?.organisation === own;
      case "centre":
      case "supervisor":
        return !officials || officials[by].organisation === own;
      case "custodian":
        return !(as(what, "released") ?? as(what, "rescue_shared")) || custodianOf(this.reading, what)?.organisation === own;
      case "bidder":
        return this.isParty(what["party"], lotOf(what), own);
      default:
        return true;
    }
  }

  /** One party of a lot is one organisation, and the reverse. */
  private isParty(party: unknown, lot: string | undefined, own: string): boolean {
    if (typeof party !== "string" || lot === undefined) return true;
    const of = `${lot} ${own}`;
    const handle = this.handles.get(of) ?? party;
    const known = this.parties.get(party) ?? of;
    this.handles.set(of, handle);
    this.parties.set(party, known);
    return handle === party && known === of;
  }
}

const DRAFTS = new Set(["draft", "edit", "import"]);

function speaks({ certificate, certified, name, organisation }: Author, holder: Holder | undefined): boolean {
  if (!holder) return true;
  const called = holder.name === undefined || holder.name === (certified ?? name);
  return holder.organisation === organisation && holder.certificate === certificate && called;
}

/** Whether a bid's context names the author's organisation and certificate, and what is told of its segments and its size is what it promised, where that is in the bundle. */
function isBidderOf(reading: Reading, { facts, details }: Done, author: Author): boolean {
  const received = as(facts.what, "bid_received");
  const promised = received && knownOf(reading, received.bid);
  if (!promised) return true;
  const { context, length } = promised;
  const told = extraOf(details, "bid");
  const segments = context.envelopes.reduce((sum, count) => sum + count, 0);
  return (
    context.bidder === author.organisation &&
    context.certificate === author.certificate &&
    told?.segments === segments &&
    told.size === length
  );
}

/** What was promised of a bid whose header or sheet is in the bundle, and is that bid's. */
function knownOf({ bundle }: Reading, bid: Hex): Promised | undefined {
  const header = bundle.headers.get(bid);
  try {
    if (header) {
      const read = parseHeader(header.slice());
      return read.bid === bid ? read : undefined;
    }
    const sheet = bundle.sheets.get(bid);
    return sheet && promiseOf(sheet, bid);
  } catch (error) {
    if (error instanceof CryptoFailure) return undefined;
    throw error;
  }
}
