/** Signed notes and the keys that sign them (docs/spec/log.md, 1 and 2). */
import { base64, concat, equal, hex, unbase64, utf8 } from "../bid/encoding";
import { CryptoFailure } from "../bid/failure";
import { sha256 } from "../bid/hash";
import type { Bytes } from "../bid/types";
import { intl as suite } from "../suite";
import { split } from "./lines";

/** Whose a key is: a log's or a witness's. The numbers are the types of its signatures. */
export const KIND = { log: 0x01, witness: 0x04 } as const;
type Kind = (typeof KIND)[keyof typeof KIND];

/** A key by which notes are checked. */
export interface NoteKey {
  kind: Kind;
  name: string;
  /** 4 bytes. */
  id: Bytes;
  /** 32 bytes of Ed25519. */
  key: Bytes;
}

/** A text with signatures, none of which were checked. */
export interface SignedNote {
  /** With its last newline. */
  text: string;
  signatures: { name: string; id: Bytes; value: Bytes }[];
}

/** A signature that claims to be a known key's does not hold: the note is worth nothing. */
export class BrokenNote extends Error {}

const NOTE_MAX = 1 << 20;
const SIGNATURES_MAX = 100;
const SIGNATURE = 64;
/** White space, plus signs and control characters are in no name. */
const NOT_IN_A_NAME = /[\p{White_Space}\p{Cc}+]/u;

/** A vkey of this kind; nothing where it is none, or its id or its key cannot be believed. */
export function parseKey(vkey: string, kind: Kind): NoteKey | undefined {
  const [name, rest] = split(vkey, "+") ?? [];
  // The key itself is base64 and may hold plus signs.
  const [id, encoded] = split(rest ?? "", "+") ?? [];
  if (name === undefined || id === undefined || encoded === undefined || !isName(name)) return undefined;
  const typed = unbase64(encoded);
  if (typed?.length !== 33 || typed[0] !== kind) return undefined;
  const own = sha256(utf8(`${name}\n`), typed).slice(0, 4);
  const key = typed.slice(1);
  // By a key that is everybody's anybody could sign.
  return id === hex(own) && suite.hasAnOwner(key) ? { kind, name, id: own, key } : undefined;
}

/** A note by its form. */
export function parseNote(note: string): SignedNote | undefined {
  const at = note.lastIndexOf("\n\n");
  if (at < 0 || !note.endsWith("\n") || utf8(note).length > NOTE_MAX || hasControls(note)) return undefined;
  const lines = note.slice(at + 2, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) return undefined;
  const signatures = lines.map(parseSignature);
  return signatures.every((it) => it !== undefined) ? { text: note.slice(0, at + 1), signatures } : undefined;
}

/** Control characters below U+0020 but newlines. */
function hasControls(note: string): boolean {
  return Array.from(note, (it) => it.charCodeAt(0)).some((code) => code < 0x20 && code !== 0x0a);
}

function parseSignature(line: string): SignedNote["signatures"][number] | undefined {
  const mark = "\u2014 ";
  const [name, encoded] = split(line.slice(mark.length), " ") ?? [];
  if (!line.startsWith(mark) || name === undefined || encoded === undefined || !isName(name)) return undefined;
  const bytes = unbase64(encoded);
  return bytes && bytes.length > 4 ? { name, id: bytes.slice(0, 4), value: bytes.slice(4) } : undefined;
}

function isName(name: string): boolean {
  return name !== "" && !NOT_IN_A_NAME.test(name);
}

/** Whether a log has signed a note. Throws `BrokenNote`. */
export async function isSigned({ text, signatures }: SignedNote, log: NoteKey): Promise<boolean> {
  const own = signatures.filter(isOf(log));
  for (const { value } of own) await mustHold(log, value, utf8(text));
  return own.length > 0;
}

/** When a witness cosigned a note last, in seconds since the epoch; nothing where it has not. Throws `BrokenNote`. */
export async function cosignedAt(note: SignedNote, witness: NoteKey): Promise<bigint | undefined> {
  return (await lineOf(note, witness))?.time;
}

/** The last line by which a witness cosigned, and its time. Throws `BrokenNote`. */
export async function lineOf(
  { text, signatures }: SignedNote,
  witness: NoteKey,
): Promise<{ time: bigint; line: SignedNote["signatures"][number] } | undefined> {
  let last: Awaited<ReturnType<typeof lineOf>>;
  for (const line of signatures.filter(isOf(witness))) {
    const { value } = line;
    if (value.length !== 8 + SIGNATURE) throw new BrokenNote();
    const time = new DataView(value.buffer, value.byteOffset).getBigUint64(0);
    if (time < 1n || time >= 1n << 63n) throw new BrokenNote();
    await mustHold(witness, value.slice(8), utf8(`cosignature/v1\ntime ${time}\n${text}`));
    if (last === undefined || time > last.time) last = { time, line };
  }
  return last;
}

/** A note with these signatures, in its one spelling. */
export function spell(text: string, signatures: SignedNote["signatures"]): string {
  const lines = signatures.map(({ name, id, value }) => `\u2014 ${name} ${base64(concat(id, value))}\n`);
  return `${text}\n${lines.join("")}`;
}

function isOf(key: NoteKey): (line: SignedNote["signatures"][number]) => boolean {
  return ({ name, id }) => name === key.name && equal(id, key.id);
}

async function mustHold({ key }: NoteKey, value: Bytes, bytes: Bytes): Promise<void> {
  if (value.length !== SIGNATURE) throw new BrokenNote();
  try {
    await suite.verify({ kind: "ed25519", key }, "ed25519", value, bytes);
  } catch (error) {
    // A browser that cannot check is no reason to call the note broken.
    if (error instanceof CryptoFailure && error.code === "signature-invalid") throw new BrokenNote();
    throw error;
  }
}
