/** The few forms of lines that all texts of a log share (docs/spec/log.md). */
import { unbase64 } from "../bid/encoding";
import type { Bytes } from "../bid/types";

/** A number in decimal, without sign or leading zeros, below `limit`. */
export function decimal(text: string, limit: bigint): bigint | undefined {
  // No limit of the formats has more than 20 digits.
  if (!/^(0|[1-9][0-9]{0,19})$/.test(text)) return undefined;
  const number = BigInt(text);
  return number < limit ? number : undefined;
}

/** 32 bytes in base64. */
export function hash(text: string): Bytes | undefined {
  const bytes = unbase64(text);
  return bytes?.length === 32 ? bytes : undefined;
}

/** What comes before a mark's first place in a text, and what comes after it. */
export function split(text: string, mark: string): [string, string] | undefined {
  const at = text.indexOf(mark);
  return at < 0 ? undefined : [text.slice(0, at), text.slice(at + mark.length)];
}
