/**
 * ASN.1 as far as keys and certificates need it. Certificates are read as
 * strict DER; containers written by older tools may be BER: indefinite
 * lengths, strings in pieces.
 */

import { concat } from "./bid/encoding";
import type { Bytes } from "./bid/types";

export interface Asn1 {
  /** The identifier octet: class, constructed bit and number. */
  tag: number;
  /** The content; of a string in pieces (BER), put together. */
  content: Bytes;
  /** The whole element, with tag and length. */
  whole: Bytes;
  /** The elements within; empty for primitive ones. */
  children: Asn1[];
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
  numeric: 0x12,
  printable: 0x13,
  teletex: 0x14,
  visible: 0x1a,
  ia5: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmp: 0x1e,
  /** [n], constructed. */
  explicit: (n: number) => 0xa0 | n,
  /** [n], primitive. */
  implicit: (n: number) => 0x80 | n,
} as const;

const CONSTRUCTED = 0x20;
const MAX_DEPTH = 32;

export class DerError extends Error {}

/** Reads exactly one element; bytes after it are an error. */
export function read(bytes: Bytes, rules: "der" | "ber" = "der"): Asn1 {
  const { element, end } = readAt(bytes, 0, rules, 0);
  if (end !== bytes.length) throw new DerError("bytes after the element");
  return element;
}

/**
 * The elements of some content one after the other, without what is within
 * them: for lists that are too long to be held in pieces. Strict DER.
 */
export function* each(content: Bytes): Generator<Asn1> {
  for (let at = 0; at < content.length; ) {
    const { tag, length = 0, from } = headAt(content, at, "der");
    const end = from + length;
    if (end > content.length) throw new DerError("truncated");
    yield { tag, content: content.subarray(from, end), whole: content.subarray(at, end), children: [] };
    at = end;
  }
}

function headAt(bytes: Bytes, start: number, rules: "der" | "ber"): { tag: number; length: number | undefined; from: number } {
  const tag = byte(bytes, start);
  if ((tag & 0x1f) === 0x1f) throw new DerError("a tag of several bytes");
  return { tag, ...readLength(bytes, start + 1, rules) };
}

function readAt(bytes: Bytes, start: number, rules: "der" | "ber", depth: number): { element: Asn1; end: number } {
  if (depth > MAX_DEPTH) throw new DerError("too deep");
  const { tag, length, from } = headAt(bytes, start, rules);
  if (length === undefined) return readIndefinite(bytes, start, from, tag, depth);
  const end = from + length;
  if (end > bytes.length) throw new DerError("truncated");
  const content = bytes.subarray(from, end);
  const children = tag & CONSTRUCTED ? readAll(content, rules, depth + 1) : [];
  return { element: joined({ tag, content, whole: bytes.subarray(start, end), children }, rules), end };
}

function readIndefinite(bytes: Bytes, start: number, from: number, tag: number, depth: number): { element: Asn1; end: number } {
  if (!(tag & CONSTRUCTED)) throw new DerError("indefinite length of a primitive");
  const children: Asn1[] = [];
  let at = from;
  while (!(byte(bytes, at) === 0 && byte(bytes, at + 1) === 0)) {
    const { element, end } = readAt(bytes, at, "ber", depth + 1);
    children.push(element);
    at = end;
  }
  const element = { tag, content: bytes.subarray(from, at), whole: bytes.subarray(start, at + 2), children };
  return { element: joined(element, "ber"), end: at + 2 };
}

/** A string in pieces becomes the string. */
function joined(element: Asn1, rules: "der" | "ber"): Asn1 {
  if (rules === "der" || element.tag !== (TAG.octetString | CONSTRUCTED)) return element;
  return { ...element, tag: TAG.octetString, content: concat(...element.children.map((child) => child.content)), children: [] };
}

function readAll(content: Bytes, rules: "der" | "ber", depth: number): Asn1[] {
  const children: Asn1[] = [];
  for (let at = 0; at < content.length; ) {
    const { element, end } = readAt(content, at, rules, depth);
    children.push(element);
    at = end;
  }
  return children;
}

function readLength(bytes: Bytes, at: number, rules: "der" | "ber"): { length: number | undefined; from: number } {
  const first = byte(bytes, at);
  if (first < 0x80) return { length: first, from: at + 1 };
  if (first === 0x80) {
    if (rules === "der") throw new DerError("indefinite length");
    return { length: undefined, from: at + 1 };
  }
  const count = first & 0x7f;
  if (count > 4) throw new DerError("too long");
  let length = 0;
  for (let index = 0; index < count; index += 1) length = length * 256 + byte(bytes, at + 1 + index);
  const shortest = length >= 0x80 && byte(bytes, at + 1) !== 0;
  if (rules === "der" && !shortest) throw new DerError("a length that is not the shortest");
  return { length, from: at + 1 + count };
}

function byte(bytes: Bytes, at: number): number {
  const value = bytes[at];
  if (value === undefined) throw new DerError("truncated");
  return value;
}

/** The child at an index, with this tag if one is given. */
export function child(parent: Asn1, index: number, tag?: number): Asn1 {
  const found = parent.children[index];
  if (!found || (tag !== undefined && found.tag !== tag)) throw new DerError("another structure");
  return found;
}

export function expect(element: Asn1, tag: number): Asn1 {
  if (element.tag !== tag) throw new DerError("another tag");
  return element;
}

export function oid(element: Asn1): string {
  expect(element, TAG.oid);
  const arcs: number[] = [];
  let value = 0;
  for (const octet of element.content) {
    value = value * 128 + (octet & 0x7f);
    if (octet & 0x80) continue;
    if (arcs.length === 0) {
      const first = Math.min(2, Math.floor(value / 40));
      arcs.push(first, value - first * 40);
    } else {
      arcs.push(value);
    }
    value = 0;
  }
  return arcs.join(".");
}

/** A small non-negative integer. */
export function integer(element: Asn1): number {
  expect(element, TAG.integer);
  let value = 0;
  for (const octet of element.content) value = value * 256 + octet;
  if (!Number.isSafeInteger(value) || (element.content[0] ?? 0) & 0x80) throw new DerError("integer out of range");
  return value;
}

/** An unsigned integer's bytes without leading zeros. */
export function unsigned(element: Asn1): Bytes {
  expect(element, TAG.integer);
  const first = element.content.findIndex((octet) => octet !== 0);
  return first < 0 ? new Uint8Array(0) : element.content.subarray(first);
}

/** A bit string's bytes; it must be whole bytes. */
export function bits(element: Asn1): Bytes {
  expect(element, TAG.bitString);
  if (element.content[0] !== 0) throw new DerError("a bit string of odd length");
  return element.content.subarray(1);
}

/** Text of any of the string types; undefined for any other element, and where it cannot be read for certain. */
export function text(element: Asn1): string | undefined {
  switch (element.tag) {
    case TAG.utf8:
    case TAG.printable:
    case TAG.ia5:
    case TAG.numeric:
    case TAG.teletex:
    case TAG.visible:
      return octets(element.content);
    case TAG.bmp:
      return utf16(element.content, "utf-16be");
    default:
      return undefined;
  }
}

/**
 * Octets as text: UTF-8, which ASCII is too, or Chinese by GB 2312, which some
 * authorities write into strings of any kind.
 */
export function octets(content: Bytes): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return isChinese(content) ? gb(content) : undefined;
  }
}

/** Outside ASCII every character of GB 2312 is two octets from a1 on. */
function isChinese(content: Bytes): boolean {
  for (let at = 0; at < content.length; at += 1) {
    const first = content[at] ?? 0;
    if (first < 0x80) continue;
    const second = content[(at += 1)] ?? 0;
    if (first < 0xa1 || first > 0xf7 || second < 0xa1 || second > 0xfe) return false;
  }
  return true;
}

function gb(content: Bytes): string | undefined {
  try {
    const text = new TextDecoder("gbk", { fatal: true }).decode(content);
    // What the standard leaves to its users means nothing here.
    return /[\ue000-\uf8ff]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Pairs of octets as UTF-16. */
export function utf16(content: Bytes, encoding: "utf-16le" | "utf-16be"): string | undefined {
  if (content.length % 2 !== 0) return undefined;
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return undefined;
  }
}

/** Writes one element; of what is written no other copy is made. */
export function write(tag: number, ...parts: Bytes[]): Bytes {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return concat(Uint8Array.of(tag), lengthOf(length), ...parts);
}

function lengthOf(length: number): Bytes {
  if (length < 0x80) return Uint8Array.of(length);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Uint8Array.of(0x80 | octets.length, ...octets);
}
