/**
 * Notices: each in the log as it was signed (docs/spec/evidence.md, 12). That the draft
 * is the one that the events before it made is for whoever replays them.
 */
import { canonicalBytes } from "../../bid/canonical";
import { hex, utf8 } from "../../bid/encoding";
import { sha256 } from "../../bid/hash";
import { includes, leafHash } from "../../bid/tree";
import { Findings } from "../outcome";
import type { Reading } from "../reading";
import { headOf } from "./log";

const NOTICES = new Set(["published", "clarified", "terms_amended", "postponed", "cancelled"]);

/** Nothing for a bundle of before notices were entered, unless the policy asks for them. */
export function notices(reading: Reading): Findings | undefined {
  const head = headOf(reading);
  const { anchors, closing, notices: lines } = reading.bundle;
  if (!head || !reading.policy.log || (lines.length === 0 && !reading.policy.needsNotices)) return undefined;
  const findings = new Findings();
  const closed = closing?.proof && anchors.find(({ tick }) => tick === closing.proof?.anchored.anchor.tick);
  const events = reading.facts.filter(({ facts: { what } }) => NOTICES.has(what.kind));
  for (const [at, { seq, facts }] of events.entries()) {
    const line = lines[at];
    const what = facts.what.kind;
    const draft = line?.draft === undefined ? {} : { draft: hex(sha256(utf8(line.draft))) };
    const entry = canonicalBytes({ act: line?.act ?? "", ...draft, kind: "notice", project: reading.project, what });
    const isIn =
      line !== undefined &&
      facts.act === line.act &&
      includes({ index: line.index, size: head.size, path: line.path }, hex(leafHash(entry)), head.root) &&
      (!closed || seq > closed.size || line.index < closed.index) &&
      (what === "published") === (line.draft !== undefined);
    findings.expect(isIn, "notice-unlogged", { seq });
  }
  findings.expect(lines.length <= events.length, "notice-unlogged", { file: "notices.jsonl" });
  return findings;
}
