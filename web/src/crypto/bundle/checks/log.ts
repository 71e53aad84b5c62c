/** The checkpoint, and the project's anchors under it. */
import { canonicalBytes } from "../../bid/canonical";
import { hex } from "../../bid/encoding";
import { includes, leafHash } from "../../bid/tree";
import type { Hex } from "../../bid/types";
import { anchorDigest, seconds } from "../../tlog/anchored";
import { BrokenNote, isSigned, lineOf, parseNote, spell, type SignedNote } from "../../tlog/note";
import { parseCheckpoint, type Policy } from "../../tlog/policy";
import { as } from "../facts";
import { Findings } from "../outcome";
import type { Reading } from "../reading";

/** Nothing where the policy has nothing to ask it by. */
export async function log(reading: Reading): Promise<Findings | undefined> {
  const findings = new Findings();
  const { log } = reading.policy;
  if (!log) return undefined;
  const { checkpoint } = reading.bundle;
  if (checkpoint === undefined) findings.lacks();
  else {
    const code = await judge(checkpoint, log, seconds(reading.lastTime));
    if (code) findings.fail(code, { file: "checkpoint" });
  }
  return findings;
}

/** What is wrong with a note over a checkpoint of this log, of which no cosignature may be from before the second `since`. */
async function judge(text: string, policy: Policy, since: bigint): Promise<string | undefined> {
  const note = parseNote(text);
  const [origin] = (note && parseCheckpoint(note.text)) ?? [];
  if (!note || origin !== policy.log.name) return "log-unsigned";
  try {
    if (!(await isSigned(note, policy.log))) return "log-unsigned";
  } catch (error) {
    if (error instanceof BrokenNote) return "log-unsigned";
    throw error;
  }
  const normal = await normalOf(note, policy, since);
  if (!normal) return "log-signature";
  if (normal.cosigned < policy.quorum) return "log-quorum";
  return normal.text === text ? undefined : "log-signature";
}

/**
 * The one form of a note that is kept (docs/spec/bundle.md, 2): the log's signature,
 * then of each witness in the policy's order its last cosignature, if it is of the
 * second `since` or later; and how many these are. Nothing where a line does not hold.
 */
export async function normalOf(
  note: SignedNote,
  { log, witnesses }: Policy,
  since: bigint,
): Promise<{ text: string; cosigned: number } | undefined> {
  try {
    const lines = [];
    for (const witness of witnesses) {
      const line = await lineOf(note, witness);
      if (line && line.time >= since) lines.push(line.line);
    }
    if (!(await isSigned(note, log))) return undefined;
    const own = note.signatures.find(({ name, id }) => name === log.name && hex(id) === hex(log.id));
    return own ? { text: spell(note.text, [own, ...lines]), cosigned: lines.length } : undefined;
  } catch (error) {
    if (error instanceof BrokenNote) return undefined;
    throw error;
  }
}

/** The head of the log as the bundle's checkpoint says. */
export function headOf({ bundle: { checkpoint } }: Reading): { size: bigint; root: Hex } | undefined {
  const note = checkpoint === undefined ? undefined : parseNote(checkpoint);
  const [, size, root] = (note && parseCheckpoint(note.text)) ?? [];
  return size !== undefined && root ? { size, root: hex(root) } : undefined;
}

/** All anchors, in the log, and prefixes of the events. */
export function anchors(reading: Reading): Findings | undefined {
  const findings = new Findings();
  if (!reading.policy.log) return undefined;
  const head = headOf(reading);
  if (!head) {
    findings.lacks();
    return findings;
  }
  const { anchors: lines, head: told } = reading.bundle;
  let last = -1;
  for (const [at, { index, path, root, salt, size, tick }] of lines.entries()) {
    findings.expect(tick === at + 1, "anchor-tick", { tick });
    findings.expect(index > last, "anchor-index", { tick });
    last = index;
    const stream = reading.project;
    const entry = canonicalBytes({ anchor: anchorDigest({ root, salt, size, stream, tick }), kind: "anchor", stream, tick });
    const isIn = includes({ index, size: head.size, path }, hex(leafHash(entry)), head.root);
    findings.expect(isIn, "log-inclusion", { tick });
    findings.expect(reading.tree.root(size) === root, "anchor-prefix", { tick });
  }
  const end = lines.at(-1);
  findings.expect(end?.size === told.size && end.root === told.root, "anchor-end", { tick: end?.tick ?? 0 });
  for (const seq of fixedBy(reading))
    findings.expect(
      lines.some(({ size }) => size === seq),
      "anchor-missing",
      { seq },
    );
  return findings;
}

/** The events by which a list was fixed of which there is a statement. */
function fixedBy({ facts }: Reading): number[] {
  const signed = new Set(facts.flatMap(({ facts: { what } }) => (as(what, "statement_signed") ? [what["lot"]] : [])));
  return facts.flatMap(({ seq, facts: { what } }) => {
    if (as(what, "deadline_reached")) return signed.has(undefined) ? [seq] : [];
    return as(what, "accepted_fixed") && signed.has(what["lot"]) ? [seq] : [];
  });
}
