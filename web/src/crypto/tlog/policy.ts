/** Whom sealing terms believe about the public log, and what is believed of it then (docs/spec/log.md, 3; evidence.md, 6). */
import { equal } from "../bid/encoding";
import { fail } from "../bid/failure";
import type { SealingTerms } from "../bid/terms-shape";
import type { Bytes } from "../bid/types";
import { decimal, hash } from "./lines";
import { BrokenNote, cosignedAt, isSigned, KIND, parseKey, type NoteKey, type SignedNote } from "./note";

/** A log's key, its witnesses, and how many of these must have cosigned. */
export interface Policy {
  log: NoteKey;
  witnesses: NoteKey[];
  quorum: number;
}

/** A checkpoint that bears its log's signature. */
export interface Checkpoint {
  size: bigint;
  root: Bytes;
  /** When each witness of the policy cosigned it, seconds since the epoch, ascending. */
  times: bigint[];
}

const WITNESSES_MAX = 32;
const SIZES = 1n << 63n;

/** The policy of sealing terms; nothing where they know of no log. Refusal: terms-log. */
export function policyOf(trust: Pick<SealingTerms["trust"], "origin" | "log_key" | "witnesses" | "quorum">): Policy | undefined {
  const { origin, log_key, witnesses: named = [], quorum } = trust;
  if (log_key === undefined) return quorum > 0 || named.length > 0 ? fail("terms-log") : undefined;
  const log = parseKey(log_key, KIND.log);
  const witnesses = named.map((vkey) => parseKey(vkey, KIND.witness) ?? fail("terms-log"));
  if (log?.name !== origin || witnesses.length > WITNESSES_MAX) return fail("terms-log");
  const keys = [log, ...witnesses];
  const twice = keys.some(({ key }, at) => keys.slice(0, at).some((other) => equal(other.key, key)));
  // Two quorums that do not meet could cosign two histories.
  const possible = quorum === 0 || (quorum <= witnesses.length && 2 * quorum > witnesses.length);
  return twice || !possible ? fail("terms-log") : { log, witnesses, quorum };
}

/** Opens a checkpoint, whoever has cosigned it. Refusal: log-unsigned. */
export async function openCheckpoint(note: SignedNote, { log, witnesses }: Policy): Promise<Checkpoint> {
  const [origin, size, root] = parseCheckpoint(note.text) ?? fail("log-unsigned");
  if (origin !== log.name) fail("log-unsigned");
  try {
    if (!(await isSigned(note, log))) fail("log-unsigned");
    const asked = await Promise.all(witnesses.map((witness) => cosignedAt(note, witness)));
    const times = asked.filter((time) => time !== undefined);
    return { size, root, times: times.sort((one, other) => (one < other ? -1 : one > other ? 1 : 0)) };
  } catch (error) {
    if (error instanceof BrokenNote) return fail("log-unsigned");
    throw error;
  }
}

/** Origin, size and root: a log of ours writes no extension lines. */
export function parseCheckpoint(text: string): [string, bigint, Bytes] | undefined {
  const [origin, written, encoded, ...rest] = text.split("\n");
  const size = decimal(written ?? "", SIZES);
  const root = hash(encoded ?? "");
  const ends = rest.length === 1 && rest[0] === "";
  return origin !== undefined && size !== undefined && root && ends ? [origin, size, root] : undefined;
}
