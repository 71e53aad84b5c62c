/** Certificate revocation lists (RFC 5280, section 5), read as strictly as the platform reads them. */
import { sha256 } from "@noble/hashes/sha2.js";
import { equal, hex } from "./bid/encoding";
import type { Bytes } from "./bid/types";
import type { Hex, Millis } from "./contract";
import * as asn1 from "./der";
import { TAG, type Asn1 } from "./der";
import type { Signed } from "./signed";
import { time, type Certificate } from "./x509";

export interface RevocationList {
  /** SHA-256 of the DER. */
  digest: Hex;
  /** Raw DER name. */
  issuer: Bytes;
  thisUpdate: Millis;
  nextUpdate: Millis;
  /** Serial numbers, as certificates tell theirs. */
  revoked: Set<string>;
  signature: Signed;
  /** Of which certificates it speaks; undefined: of all that its issuer issued. */
  scope: Scope | undefined;
}

/** An issuing distribution point. */
interface Scope {
  leaves: boolean;
  authorities: boolean;
  uris: Bytes[];
}

const OID = {
  number: "2.5.29.20",
  reason: "2.5.29.21",
  invalidity: "2.5.29.24",
  delta: "2.5.29.27",
  scope: "2.5.29.28",
  issuer: "2.5.29.29",
  points: "2.5.29.31",
  keyIdentifier: "2.5.29.35",
} as const;

class Unreadable extends Error {}

/** Reads a list in DER; nothing where it cannot be read, is no version 2 list, or says no next update. */
export function parseList(der: Bytes): RevocationList | undefined {
  try {
    return parse(der.slice());
  } catch {
    return undefined;
  }
}

function parse(der: Bytes): RevocationList {
  const [whole, after] = [...asn1.each(der)];
  if (!whole || after) throw new Unreadable();
  const [tbs, algorithm, value, more] = [...asn1.each(sequence(whole).content)];
  if (!tbs || !algorithm || !value || more) throw new Unreadable();
  const fields = [...asn1.each(sequence(tbs).content)];
  const next = (tag?: number): Asn1 => {
    const field = fields.shift();
    if (!field || (tag !== undefined && field.tag !== tag)) throw new Unreadable();
    return field;
  };
  if (asn1.integer(next()) !== 1) throw new Unreadable();
  if (!equal(next(TAG.sequence).whole, sequence(algorithm).whole)) throw new Unreadable();
  const issuer = next(TAG.sequence).whole;
  const [thisUpdate, nextUpdate] = [time(next()), time(next())];
  const revoked = fields[0]?.tag === TAG.sequence ? serials(next().content) : new Set<string>();
  const scope = readExtensions(asn1.read(next(TAG.explicit(0)).whole));
  if (fields.length > 0) throw new Unreadable();
  const oid = asn1.oid(asn1.child(asn1.read(algorithm.whole), 0));
  return {
    digest: hex(sha256(der)),
    issuer,
    thisUpdate,
    nextUpdate,
    revoked,
    signature: { tbs: tbs.whole, algorithm: algorithm.whole, oid, value: asn1.bits(value) },
    scope,
  };
}

function sequence(element: Asn1): Asn1 {
  return asn1.expect(element, TAG.sequence);
}

function serials(content: Bytes): Set<string> {
  const found = new Set<string>();
  for (const entry of asn1.each(content)) {
    const [serial, at, extensions, more] = [...asn1.each(sequence(entry).content)];
    if (!serial || !at || more) throw new Unreadable();
    time(at);
    if (extensions) checkEntry(sequence(asn1.read(extensions.whole)).children.map(extensionOf));
    found.add(hex(asn1.unsigned(serial)));
  }
  return found;
}

interface Extension {
  type: string;
  critical: boolean;
  value: Bytes;
}

function extensionOf(element: Asn1): Extension {
  const [type, second, third] = sequence(element).children;
  const value = third ?? second;
  if (!type || !second || !value || element.children.length > 3) throw new Unreadable();
  const flag = third && asn1.expect(second, TAG.boolean).content[0];
  return { type: asn1.oid(type), critical: flag !== undefined && flag !== 0, value: asn1.expect(value, TAG.octetString).content };
}

/** Whatever is said of one certificate, it is revoked; but what is not understood may not be passed over. */
function checkEntry(extensions: Extension[]): void {
  for (const [at, { type, critical, value }] of extensions.entries()) {
    const known = type === OID.reason || type === OID.invalidity;
    if (known && extensions.findIndex((it) => it.type === type) < at) throw new Unreadable();
    if (type === OID.reason) checkReason(asn1.read(value));
    else if (type === OID.invalidity) time(asn1.read(value));
    else if (critical || type === OID.issuer) throw new Unreadable();
  }
}

const ENUMERATED = 0x0a;

/** One of RFC 5280, 5.3.1; 7 is not used. */
function checkReason({ tag, content }: Asn1): void {
  const [reason = 11] = content;
  if (tag !== ENUMERATED || content.length !== 1 || reason > 10 || reason === 7) throw new Unreadable();
}

function readExtensions(wrapper: Asn1): Scope | undefined {
  let scope: Scope | undefined;
  for (const element of asn1.child(wrapper, 0, TAG.sequence).children) {
    const { type, critical, value } = extensionOf(element);
    if (type === OID.scope) {
      if (scope) throw new Unreadable();
      scope = readScope(asn1.read(value));
    } else if (type === OID.number) {
      if (asn1.unsigned(asn1.read(value)).length > 20) throw new Unreadable();
    } else if (type === OID.delta || (critical && type !== OID.keyIdentifier)) throw new Unreadable();
  }
  return scope;
}

/** Lists in parts by reason, of other issuers' certificates, or of attributes are not read. */
function readScope(point: Asn1): Scope {
  const scope: Scope = { leaves: true, authorities: true, uris: [] };
  let named = false;
  for (const field of sequence(point).children) {
    if (field.tag === TAG.explicit(0) && !named) {
      named = true;
      scope.uris = urisOf(field) ?? unreadable();
    } else if (field.tag === TAG.implicit(1)) scope.authorities = !flag(field);
    else if (field.tag === TAG.implicit(2)) scope.leaves = !flag(field);
    else if (!(field.tag === TAG.implicit(4) || field.tag === TAG.implicit(5)) || flag(field)) throw new Unreadable();
  }
  return named ? scope : unreadable();
}

function unreadable(): never {
  throw new Unreadable();
}

function flag({ content }: Asn1): boolean {
  if (content.length !== 1 || (content[0] !== 0xff && content[0] !== 0)) throw new Unreadable();
  return content[0] === 0xff;
}

/** Of a distribution point's full name; nothing where it has another. */
function urisOf(name: Asn1): Bytes[] | undefined {
  const [full] = name.children;
  if (full?.tag !== TAG.explicit(0)) return undefined;
  return full.children.filter(({ tag }) => tag === TAG.implicit(6)).map(({ content }) => content);
}

/** Whether a list speaks of this certificate, by issuer and scope. */
export function speaksOf(list: RevocationList, certificate: Certificate, isLeaf: boolean): boolean {
  if (!equal(list.issuer, certificate.issuer)) return false;
  const { scope } = list;
  if (!scope) return true;
  if (!(isLeaf ? scope.leaves : scope.authorities)) return false;
  const points = certificate.extensions.get(OID.points);
  if (!points) return true;
  const uris = pointsOf(points.value).flatMap(pointUris);
  return uris.some((uri) => scope.uris.some((it) => equal(it, uri)));
}

function pointsOf(extension: Bytes): Asn1[] {
  try {
    return asn1.read(extension).children;
  } catch {
    return [];
  }
}

function pointUris(point: Asn1): Bytes[] {
  const [name, ...others] = point.children;
  return name?.tag === TAG.explicit(0) && others.length === 0 ? (urisOf(name) ?? []) : [];
}
