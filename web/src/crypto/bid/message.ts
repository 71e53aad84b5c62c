/** The frame of segments 0 and 1 (docs/spec/sealed-bid.md, 8): salt, length, message, padding. */
import { intl, type Suite } from "../suite";
import { concat, u32, u64, u8 } from "./encoding";
import { ENVELOPE } from "./derive";
import { labelledBy } from "./hash";
import type { Bytes } from "./types";

const FRONT = 40;
const BLOCK = 4096;

export function frameLength(message: number): number {
  return Math.ceil((FRONT + message) / BLOCK) * BLOCK;
}

export function frame(salt: Uint8Array, message: Uint8Array): Bytes {
  const framed = new Uint8Array(frameLength(message.length));
  framed.set(concat(salt, u64(message.length), message));
  return framed;
}

/** Salt and message of a frame with the shortest padding of zeros. */
export function unframe(framed: Bytes): { salt: Bytes; message: Bytes } | undefined {
  if (framed.length < FRONT) return undefined;
  const length = new DataView(framed.buffer, framed.byteOffset).getBigUint64(32);
  if (length > BigInt(framed.length - FRONT)) return undefined;
  const end = FRONT + Number(length);
  if (framed.length !== frameLength(Number(length)) || framed.subarray(end).some((byte) => byte !== 0)) return undefined;
  return { salt: framed.slice(0, 32), message: framed.slice(FRONT, end) };
}

/** P_i */
export function commitPlaintext(segment: number, salt: Uint8Array, message: Uint8Array, suite: Suite = intl): Bytes {
  return labelledBy(suite, "kaibiao/1 plaintext", u8(ENVELOPE), u32(segment), salt, u64(message.length), message);
}
