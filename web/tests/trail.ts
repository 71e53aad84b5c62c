/** Events of the platform's stream with their tree, as docs/spec/tree.md writes it down. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Schemas } from "@/api";
import { canonical } from "@/crypto/bid/canonical";

type Event = Schemas["AuditEvent"];

export interface Happened {
  facts: object;
  details: object;
  hidden?: Event["hidden"];
  time?: number;
}

/** A page of all of them, the newest first. */
export function trailOf(happened: readonly Happened[]): { events: Event[]; size: number; root: string } {
  const made = happened.map(({ facts, details, hidden, time = 9 }, index) => {
    const [seq, facts_salt, details_salt] = [index + 1, salt(2 * index), salt(2 * index + 1)];
    const committed = { details: salted("details", details_salt, details), facts: salted("facts", facts_salt, facts) };
    const shown = hidden ? { hidden } : { details, details_salt };
    return { seq, time, facts, facts_salt, ...shown, shell: canonical({ ...committed, seq, time }) };
  });
  const leaves = made.map(({ shell }) => sha256(concatBytes(Uint8Array.of(0), utf8ToBytes(shell))));
  const events = made.map((it, index) => ({ ...it, path: path(index, leaves).map(bytesToHex) }) as unknown as Event);
  return { events: events.reverse(), size: leaves.length, root: bytesToHex(root(leaves)) };
}

const salt = (number: number) => bytesToHex(sha256(utf8ToBytes(`salt ${number}`)));

/** `H(label || salt || u64 length || bytes)`. */
function salted(part: string, salt: string, value: object): string {
  const bytes = utf8ToBytes(canonical(value));
  const length = Uint8Array.of(0, 0, 0, 0, 0, 0, bytes.length >> 8, bytes.length & 255);
  return bytesToHex(sha256(concatBytes(utf8ToBytes(`kaibiao/1 ${part}`), hexToBytes(salt), length, bytes)));
}

/** RFC 6962, 2.1. */
function root(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  const at = split(leaves.length);
  return sha256(concatBytes(Uint8Array.of(1), root(leaves.slice(0, at)), root(leaves.slice(at))));
}

/** RFC 6962, 2.1.1. */
function path(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const at = split(leaves.length);
  return index < at
    ? [...path(index, leaves.slice(0, at)), root(leaves.slice(at))]
    : [...path(index - at, leaves.slice(at)), root(leaves.slice(0, at))];
}

function split(size: number): number {
  let at = 1;
  while (at * 2 < size) at *= 2;
  return at;
}
