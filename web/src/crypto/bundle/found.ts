/** What was found wrong with somebody: no fault of the bundle, and told after the checks (docs/spec/bundle.md, 5). */
import type { Hex } from "../bid/types";
import { groundsOf } from "./details";
import { as, lotOf, type What } from "./facts";
import type { Reading } from "./reading";

export interface Found {
  what: string;
  seq: number;
  lot?: string;
  bid?: Hex;
  /** More of it, in the words of the facts. */
  value?: string;
}

/** All that was found, a T0 that moved first. */
export function listFound({ bundle, events }: Reading): Found[] {
  const found = events.flatMap(({ facts, shell, details }, at): Found[] => {
    const seq = at + 1;
    const told = facts ? ofEvent(facts.what, shell?.time ?? 0) : [{ what: "facts-withheld" }];
    if (bundle.lines[at]?.erased) told.push({ what: "details-erased" });
    if (details && groundsOf(details).some(({ bridged }) => bridged !== undefined)) told.push({ what: "list-bridged" });
    return told.map((it) => ({ ...it, seq }));
  });
  const moved = (it: Found) => it.what === "t0-moved";
  return [...found.filter(moved), ...found.filter((it) => !moved(it))];
}

type Untimed = Omit<Found, "seq">;

function ofEvent(what: What, time: number): Untimed[] {
  const lot = lotOf(what);
  const of = (name: string, value?: string, bid?: Hex): Untimed[] => [
    { what: name, ...(lot === undefined ? {} : { lot }), ...(bid === undefined ? {} : { bid }), ...(value === undefined ? {} : { value }) },
  ];
  const outage = as(what, "outage_noted");
  if (outage) return of(outage.t0 === undefined ? "outage" : "t0-moved", String(outage.to - outage.from));
  const deadline = as(what, "deadline_reached");
  if (deadline) return of("deadline-after-t0", String(time - deadline.t0));
  if (as(what, "quorum_ordered")) return of("quorum-ordered");
  const refused = as(what, "submission_refused");
  if (refused) return of("submission-refused", refused.code, refused.bid);
  const opened = as(what, "opened");
  if (opened) return opened.results.flatMap(({ bid, outcome }) => (outcome === "opened" ? [] : of("bid-unopened", outcome, bid)));
  const document = as(what, "document_opened");
  if (document) return document.outcome === "opened" ? [] : of("document-unopened", document.outcome, document.bid);
  const made = as(what, "finding_made");
  if (made) return of("finding-made", `${made.finding} ${made.rule}`, made.bid);
  const confirmed = as(what, "finding_confirmed");
  if (confirmed) return of("finding-confirmed", confirmed.finding);
  const overruled = as(what, "finding_overruled");
  if (overruled) return of("finding-overruled", overruled.finding);
  const custodian = as(what, "custodian_found");
  if (custodian) return of("custodian-found", `${custodian.x} ${custodian.fault}`, custodian.bid);
  const fault = as(what, "fault_confirmed");
  if (fault) return of("fault-confirmed", String(fault.x), fault.bid);
  const lifted = as(what, "fault_overruled");
  return lifted ? of(lifted.stands ? "fault-stands" : "fault-lifted", String(lifted.x), lifted.bid) : [];
}
