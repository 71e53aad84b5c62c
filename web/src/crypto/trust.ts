/**
 * Whether a certificate chain is believed, by roots of the client's own
 * choosing (docs/spec/signatures.md, 5). Revocation lists are the platform's to ask: a page has none.
 */
import { equal } from "./bid/encoding";
import type { Bytes, Judge } from "./bid/types";
import type { Hex, Millis } from "./contract";
import * as asn1 from "./der";
import { TAG } from "./der";
import { CryptoFailure } from "./failure";
import { USUAL, codeBy, nameBy, type Rules } from "./rules";
import { KEY_CERT_SIGN, mayEncrypt, maySign, parseCertificate, part, type Certificate } from "./x509";

/** Who is believed. `id` is what the platform calls the authority. */
export interface Authority {
  id: string;
  root: Bytes;
  intermediates?: Bytes[];
  /** Where it puts codes and names. */
  rules?: Rules;
}

export interface Holder {
  organisation: string;
  /** The id of the authority that vouches for it: evidence, and no part of who it is. */
  authority: string;
  /** Its name in the certificate, where one can be read. */
  name: string | undefined;
  certificate: Certificate;
  /** H(DER) of the root that the chain ends in. */
  root: Hex;
}

const MAX_CHAIN = 8;
const NAME_CONSTRAINTS = "2.5.29.30";
/**
 * Critical extensions that are understood: key usage, alternative names, basic
 * constraints, name constraints, distribution points, extended key usage. Any
 * other one stops a path.
 */
const UNDERSTOOD = new Set(["2.5.29.15", "2.5.29.17", "2.5.29.19", NAME_CONSTRAINTS, "2.5.29.31", "2.5.29.37"]);
/** Server authentication, code signing, time stamping, OCSP signing: not for persons. */
const NOT_FOR_PERSONS = new Set(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9"]);

/** Throws a CryptoFailure with one of the codes `certificate-...`. */
export async function judge(
  chain: Bytes[],
  authorities: Authority[],
  now: Millis,
  use: "sign" | "encrypt",
  added: Bytes[] = [],
): Promise<Holder> {
  if (chain.length < 1 || chain.length > MAX_CHAIN || added.length > MAX_CHAIN) throw new CryptoFailure("certificate-malformed");
  const [leaf, ...others] = [...chain, ...added].map(parseCertificate) as [Certificate, ...Certificate[]];
  if (!leaf.key) throw new CryptoFailure("certificate-weak-key");
  checkValidity(leaf, now);
  const { authority, root } = await findPath(leaf, others, authorities, now, use);
  if (!(use === "sign" ? maySign(leaf) : mayEncrypt(leaf))) throw new CryptoFailure("certificate-wrong-usage", { use });
  const rules = authority.rules ?? USUAL;
  return {
    organisation: codeBy(rules, leaf),
    authority: authority.id,
    name: nameBy(rules, leaf),
    certificate: leaf,
    root: root.digest,
  };
}

/** The same as the sealed bid's modules ask it. */
export function judgeBy(authorities: Authority[]): Judge {
  return {
    judge: async (chain, at, use, added) => {
      const { organisation, certificate } = await judge(chain, authorities, at, use, added);
      return { organisation, spki: certificate.spki, notAfter: certificate.notAfter };
    },
  };
}

/** Roots of the person's own choosing, under the names and by the rules that the platform gives them; others are left out. */
export function authoritiesOf(roots: Bytes[], cas: { id: string; root: Hex; rules?: Rules }[]): Authority[] {
  return roots.flatMap((root) => {
    const digest = parseCertificate(root).digest;
    return cas.filter((ca) => ca.root === digest).map(({ id, rules }) => ({ id, root, ...(rules ? { rules } : {}) }));
  });
}

function checkValidity(certificate: Certificate, now: Millis): void {
  const second = Math.floor(now / 1000) * 1000;
  if (second < certificate.notBefore) throw new CryptoFailure("certificate-not-yet-valid", { from: certificate.notBefore });
  if (second > certificate.notAfter) throw new CryptoFailure("certificate-expired", { until: certificate.notAfter });
}

/**
 * A path from the leaf to a believed root. Where there is none, the refusal is
 * that of the first path that came to a known issuer.
 */
async function findPath(
  leaf: Certificate,
  others: Certificate[],
  authorities: Authority[],
  now: Millis,
  use: "sign" | "encrypt",
): Promise<{ authority: Authority; root: Certificate }> {
  let refusal: CryptoFailure | undefined;
  for (const authority of authorities) {
    const root = parseCertificate(authority.root);
    const own = (authority.intermediates ?? []).map(parseCertificate);
    const search = { between: [...others, ...own], root, now, use };
    const found = await reaches(leaf, search, [leaf]);
    if (found === true) return { authority, root };
    refusal ??= found || undefined;
  }
  const issuer = part(leaf.issuerName, "2.5.4.3") ?? part(leaf.issuerName, "2.5.4.10") ?? "";
  throw refusal ?? new CryptoFailure("certificate-unknown-issuer", { issuer });
}

interface Search {
  between: Certificate[];
  root: Certificate;
  now: Millis;
  use: "sign" | "encrypt";
}

/** Whether a path goes on to the root: true, false, or why a path that is there does not hold. */
async function reaches(at: Certificate, search: Search, path: Certificate[]): Promise<boolean | CryptoFailure> {
  const { between, root, use } = search;
  const unfit = faultOf(at, path.length > 1, search.now, use);
  if (unfit) return unfit;
  const below = path.length - 1;
  let refusal: CryptoFailure | undefined;
  if (equal(at.issuer, root.subject)) {
    const signed = await isSignedBy(at, root);
    const fault = signed === true ? issuingFault(root, below) : signed || undefined;
    if (signed === true && !fault) return true;
    refusal ??= fault;
  }
  for (const issuer of between) {
    if (!equal(at.issuer, issuer.subject) || path.some((it) => it.digest === issuer.digest)) continue;
    const fault = faultOf(issuer, true, search.now, use) ?? issuingFault(issuer, below);
    const signed = fault ?? (await isSignedBy(at, issuer));
    const found = signed === true ? await reaches(issuer, search, [...path, issuer]) : signed;
    if (found === true) return true;
    refusal ??= found || undefined;
  }
  return refusal ?? false;
}

/** What is wrong with a certificate of a path by itself. */
function faultOf(certificate: Certificate, issues: boolean, now: Millis, use: "sign" | "encrypt"): CryptoFailure | undefined {
  if ([...certificate.extensions].some(([type, { critical }]) => critical && !UNDERSTOOD.has(type))) return chainFault("extension");
  try {
    checkValidity(certificate, now);
  } catch (error) {
    if (error instanceof CryptoFailure) return error;
    throw error;
  }
  if (!issues && certificate.authority) return new CryptoFailure("certificate-wrong-usage", { use });
  if (certificate.extendedUsage?.every((purpose) => NOT_FOR_PERSONS.has(purpose))) {
    return new CryptoFailure("certificate-wrong-usage", { use });
  }
  return undefined;
}

/** Why this certificate may not have issued one with so many other authorities' certificates below. */
function issuingFault(issuer: Certificate, below: number): CryptoFailure | undefined {
  const signs = issuer.usage === undefined || issuer.usage.has(KEY_CERT_SIGN);
  if (!issuer.authority || !signs) return chainFault("authority");
  if (issuer.pathLength !== undefined && issuer.pathLength < below) return chainFault("length");
  return issuer.extensions.has(NAME_CONSTRAINTS) ? chainFault("names") : undefined;
}

function chainFault(reason: "extension" | "authority" | "length" | "names" | "algorithm"): CryptoFailure {
  return new CryptoFailure("certificate-chain", { reason });
}

const RSA = "RSASSA-PKCS1-v1_5";
const SIGNATURES: Record<string, { name: string; hash: string } | undefined> = {
  "1.2.840.113549.1.1.11": { name: RSA, hash: "SHA-256" },
  "1.2.840.113549.1.1.12": { name: RSA, hash: "SHA-384" },
  "1.2.840.113549.1.1.13": { name: RSA, hash: "SHA-512" },
  "1.2.840.10045.4.3.2": { name: "ECDSA", hash: "SHA-256" },
  "1.2.840.10045.4.3.3": { name: "ECDSA", hash: "SHA-384" },
};
const CURVES: Record<string, { namedCurve: string; size: number } | undefined> = {
  "1.2.840.10045.3.1.7": { namedCurve: "P-256", size: 32 },
  "1.3.132.0.34": { namedCurve: "P-384", size: 48 },
};

/** Whether the issuer's key signed it; a way of signing that is not accepted is told. */
async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean | CryptoFailure> {
  const { tbs, oid, value } = certificate.signature;
  const how = SIGNATURES[oid];
  if (!how) return chainFault("algorithm");
  try {
    if (how.name === RSA) {
      const key = await crypto.subtle.importKey("spki", issuer.spki, how, false, ["verify"]);
      const { modulusLength } = key.algorithm as RsaKeyAlgorithm;
      if (modulusLength < 2048 || modulusLength > 8192) return false;
      return await crypto.subtle.verify(how, key, value, tbs);
    }
    const algorithm = asn1.child(asn1.read(issuer.spki), 0, TAG.sequence);
    const curve = CURVES[asn1.oid(asn1.child(algorithm, 1, TAG.oid))];
    if (!curve) return false;
    const key = await crypto.subtle.importKey("spki", issuer.spki, { name: "ECDSA", namedCurve: curve.namedCurve }, false, ["verify"]);
    return await crypto.subtle.verify(how, key, fixedLength(value, curve.size), tbs);
  } catch {
    return false;
  }
}

/** ECDSA in DER as r || s of fixed length. */
function fixedLength(der: Bytes, size: number): Bytes {
  const sequence = asn1.expect(asn1.read(der), TAG.sequence);
  const fixed = new Uint8Array(2 * size);
  [0, 1].forEach((index) => {
    const part = asn1.unsigned(asn1.child(sequence, index, TAG.integer));
    fixed.set(part, (index + 1) * size - part.length);
  });
  return fixed;
}
