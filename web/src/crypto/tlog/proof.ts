/** Proofs that an entry is in a log, checked without asking it (docs/spec/log.md, 6). */
import { hex, unbase64 } from "../bid/encoding";
import { fail } from "../bid/failure";
import { includes, leafHash } from "../bid/tree";
import type { Bytes, Hex } from "../bid/types";
import { decimal, hash, split } from "./lines";
import { parseNote, type SignedNote } from "./note";
import { openCheckpoint, type Policy } from "./policy";

/** "This entry is in the log, at this place, under this checkpoint." */
export interface LogProof {
  /** What goes with it and is proved by nothing. */
  extra?: Bytes;
  /** The entry's place, from 0. */
  index: bigint;
  /** From the leaf up. */
  path: Hex[];
  note: SignedNote;
}

const FIRST = "c2sp.org/tlog-proof@v1";
const PATH_MAX = 63;
const INDICES = 1n << 64n;

/** A proof by its form. */
export function parseProof(text: string): LogProof | undefined {
  const [head, tail] = split(text, "\n\n") ?? [];
  if (head === undefined || tail === undefined) return undefined;
  const [first, second = "", ...rest] = head.split("\n");
  const extra = second.startsWith("extra ") ? unbase64(second.slice("extra ".length)) : null;
  const [place = "", ...lines] = extra === null ? [second, ...rest] : rest;
  const index = place.startsWith("index ") ? decimal(place.slice("index ".length), INDICES) : undefined;
  const path = lines.map(hash);
  const note = parseNote(tail);
  const whole = first === FIRST && extra !== undefined && index !== undefined && note && path.length <= PATH_MAX;
  if (!whole || !path.every((it) => it !== undefined)) return undefined;
  return { index, path: path.map(hex), note, ...(extra ? { extra } : {}) };
}

/**
 * Checks by steps 2, 3 and 5 of evidence.md, 4 that an entry is in the log; step 4,
 * who must have cosigned since when, is `enough`'s, which is given the times.
 * Refusals: anchor-malformed, log-unsigned, log-inclusion, and those of `enough`.
 */
export async function proveEntry(entry: Bytes, text: string, policy: Policy, enough: (times: bigint[]) => void): Promise<bigint[]> {
  const proof = parseProof(text);
  if (!proof || proof.extra) return fail("anchor-malformed");
  const { size, root, times } = await openCheckpoint(proof.note, policy);
  enough(times);
  const { index, path } = proof;
  if (!includes({ index, size, path }, hex(leafHash(entry)), hex(root))) fail("log-inclusion");
  return times;
}
