/**
 * Canonical JSON (docs/spec/canonical-json.md): RFC 8785 with integers only.
 * A reader takes only the bytes that a writer would have written.
 */
import { text, utf8 } from "./encoding";
import type { Bytes } from "./types";

export class NotCanonical extends Error {}

/** As deep as the other implementation reads. */
const DEPTH = 127;

/** The one text of a value. A member that is undefined is left out. */
export function canonical(value: unknown): string {
  return write(value, 0);
}

export function canonicalBytes(value: unknown): Bytes {
  return utf8(canonical(value));
}

/** The value of canonical text or bytes; what it is shaped like is asked later. */
export function readCanonical(source: Uint8Array | string): unknown {
  const json = typeof source === "string" ? source : text(source);
  if (json === undefined) throw new NotCanonical("not UTF-8");
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new NotCanonical("not JSON");
  }
  if (canonical(value) !== json) throw new NotCanonical("not in canonical form");
  return value;
}

function write(value: unknown, depth: number): string {
  if (depth > DEPTH) throw new NotCanonical("nested too deeply");
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      if (!Number.isSafeInteger(value)) throw new NotCanonical("a number that is no integer below 2^53");
      return String(value);
    case "boolean":
      return String(value);
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) {
        if (depth === DEPTH) throw new NotCanonical("nested too deeply");
        return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
      }
      return writeObject(value as Record<string, unknown>, depth);
    default:
      throw new NotCanonical(`a ${typeof value} has no JSON`);
  }
}

function writeObject(value: Record<string, unknown>, depth: number): string {
  if (depth === DEPTH) throw new NotCanonical("nested too deeply");
  // Sorting without a comparison orders by UTF-16 code units, as RFC 8785 wants.
  const names = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort();
  return `{${names.map((name) => `${writeString(name)}:${write(value[name], depth + 1)}`).join(",")}}`;
}

/** JSON.stringify escapes as RFC 8785 does, but for lone surrogates, which no UTF-8 holds. */
function writeString(value: string): string {
  if (LONE.test(value)) throw new NotCanonical("a lone surrogate");
  return JSON.stringify(value);
}

const LONE = /\p{Surrogate}/u;
