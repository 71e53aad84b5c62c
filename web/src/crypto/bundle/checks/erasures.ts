/** Whatever was erased is on record in the platform's stream, by the public log (docs/spec/bundle.md, 5). */
import { canonical } from "../../bid/canonical";
import { hex, utf8, u64 } from "../../bid/encoding";
import { labelled } from "../../bid/hash";
import { anything, digest, object, string } from "../../bid/shape";
import { includes, leafHash } from "../../bid/tree";
import type { Hex, Millis } from "../../bid/types";
import { CryptoFailure } from "../../failure";
import { bytesOf, parsed, proveAnchored, seconds, shaped, shellShape } from "../../tlog/anchored";
import { parseNote } from "../../tlog/note";
import { isComplaint, lotOf, type What } from "../facts";
import type { Erasure } from "../form";
import type { Findings } from "../outcome";
import type { Reading, Told } from "../reading";
import { normalOf } from "./log";

const PLATFORM = "platform";
const factsShape = object({ by: string, what: anything }, { act: digest });

const TALK = new Set("said said_privately asked answered help_asked help_answered remarked muted unmuted".split(" "));

/** Whether details of an event like this may be erased: of a complaint, or of what was said and stands in no record. */
export function couldBeErased({ facts: all }: Reading, { facts, shell }: Told): boolean {
  if (!facts || !shell) return true;
  const { what } = facts;
  if (!TALK.has(what.kind)) return isComplaint(what);
  const lot = lotOf(what);
  const isLater = (seq: number, made: What) => seq > shell.seq && made.kind === "record_made" && (lot === undefined || lotOf(made) === lot);
  return !all.some(({ seq, facts: { what: made } }) => isLater(seq, made));
}

/** Holds each erased line against the record of it. */
export async function erasures(findings: Findings, reading: Reading): Promise<void> {
  const { erasures: proofs, lines } = reading.bundle;
  let next = 0;
  for (const [at, line] of lines.entries()) {
    if (!line.erased) continue;
    const code = await judge(reading, at + 1, proofs[next++]);
    if (code) findings.fail(code, { seq: at + 1 });
  }
  findings.expect(proofs.length <= next, "erasure-unrecorded", { file: "erasures.jsonl" });
}

async function judge(reading: Reading, seq: number, proof: Erasure | undefined): Promise<string | undefined> {
  const details = reading.events[seq - 1]?.shell?.details;
  const shell = proof && details !== undefined ? recorded(proof, reading.project, seq, details) : undefined;
  if (!proof || !shell) return "erasure-unrecorded";
  const { anchored, event } = proof;
  const { log } = reading.policy;
  if (!anchored) return !log && event.path.length === 0 ? undefined : "log-quorum";
  if (!log) return "file-surplus";
  const { root, size } = anchored.anchor;
  const leaf = hex(leafHash(utf8(event.shell)));
  if (shell.seq < 1 || !includes({ index: shell.seq - 1, size, path: event.path }, leaf, root)) return "event-differs";
  try {
    await proveAnchored(anchored, { project: PLATFORM, at: shell.time, root, size }, log);
  } catch (error) {
    if (!(error instanceof CryptoFailure) || error.code === "ed25519-missing") throw error;
    return error.code;
  }
  const text = anchored.proof.slice(anchored.proof.indexOf("\n\n") + 2);
  const note = parseNote(text);
  const normal = note && (await normalOf(note, log, seconds(shell.time)));
  return normal?.text === text ? undefined : "log-signature";
}

/** The shell of the record that exactly these details of an event were erased; nothing where it says something else. */
function recorded({ event }: Erasure, stream: string, seq: number, details: Hex): { seq: number; time: Millis } | undefined {
  const shell = shaped(shellShape, parsed(event.shell));
  const bytes = utf8(event.facts);
  const committed = hex(labelled("kaibiao/1 facts", bytesOf(event.salt), u64(bytes.length), bytes));
  const facts = shaped(factsShape, parsed(event.facts));
  const erased = canonical({ details, event: seq, kind: "details_erased", stream });
  const isIt = shell?.facts === committed && facts !== undefined && canonical(facts.what) === erased;
  return isIt ? shell : undefined;
}
