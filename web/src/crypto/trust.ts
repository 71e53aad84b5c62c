/**
 * Whether a certificate chain is believed, by roots of the client's own
 * choosing (docs/spec/signatures.md, 5). Revocation lists are the platform's to ask: a page has none.
 */
import { equal } from "./bid/encoding";
import { isOrganisationCode } from "./bid/organisation";
import type { Bytes, Judge } from "./bid/types";
import type { Hex, Millis } from "./contract";
import * as asn1 from "./der";
import { TAG } from "./der";
import { CryptoFailure } from "./failure";
import { KEY_CERT_SIGN, mayEncrypt, maySign, organisationCode, parseCertificate, type Certificate } from "./x509";

/** Who is believed. `id` is what the platform calls the authority. */
export interface Authority {
  id: string;
  root: Bytes;
  intermediates?: Bytes[];
}

export interface Holder {
  organisation: string;
  /** The id of the authority that vouches for it: evidence, and no part of who it is. */
  authority: string;
  certificate: Certificate;
  /** H(DER) of the root that the chain ends in. */
  root: Hex;
}

const MAX_CHAIN = 8;
/** Critical extensions that are understood; any other one stops a path. */
const UNDERSTOOD = new Set(["2.5.29.15", "2.5.29.19", "2.5.29.37", "2.5.29.14", "2.5.29.35", "2.5.29.32"]);
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
  const { authority, root } = await findPath(leaf, others, authorities, now);
  const purposes = leaf.extendedUsage;
  if (purposes?.every((purpose) => NOT_FOR_PERSONS.has(purpose))) throw new CryptoFailure("certificate-wrong-usage", { use });
  if (!(use === "sign" ? maySign(leaf) : mayEncrypt(leaf))) throw new CryptoFailure("certificate-wrong-usage", { use });
  const code = organisationCode(leaf);
  if (code === undefined) throw new CryptoFailure("certificate-no-organisation");
  if (!isOrganisationCode(code)) throw new CryptoFailure("certificate-bad-organisation-code", { code });
  return { organisation: code, authority: authority.id, certificate: leaf, root: root.digest };
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

/** Roots of the person's own choosing, under the names that the platform gives them; others are left out. */
export function authoritiesOf(roots: Bytes[], cas: { id: string; root: Hex }[]): Authority[] {
  return roots.flatMap((root) => {
    const digest = parseCertificate(root).digest;
    return cas.filter((ca) => ca.root === digest).map((ca) => ({ id: ca.id, root }));
  });
}

function checkValidity(certificate: Certificate, now: Millis): void {
  const second = Math.floor(now / 1000) * 1000;
  if (second < certificate.notBefore) throw new CryptoFailure("certificate-not-yet-valid", { from: certificate.notBefore });
  if (second > certificate.notAfter) throw new CryptoFailure("certificate-expired", { until: certificate.notAfter });
}

/** A path from the leaf to a believed root, shortest first. */
async function findPath(
  leaf: Certificate,
  others: Certificate[],
  authorities: Authority[],
  now: Millis,
): Promise<{ authority: Authority; root: Certificate }> {
  for (const authority of authorities) {
    const root = parseCertificate(authority.root);
    const own = (authority.intermediates ?? []).map(parseCertificate);
    if (await reaches(leaf, [...others, ...own], root, now, 0, new Set())) return { authority, root };
  }
  throw new CryptoFailure("certificate-unknown-issuer", { issuer: leaf.issuerAttributes.map((attribute) => attribute.value).join(", ") });
}

async function reaches(
  at: Certificate,
  between: Certificate[],
  root: Certificate,
  now: Millis,
  below: number,
  seen: Set<Hex>,
): Promise<boolean> {
  if ([...at.extensions].some(([type, { critical }]) => critical && !UNDERSTOOD.has(type))) return false;
  if (equal(at.issuer, root.subject) && mayIssue(root, below) && (await isSignedBy(at, root))) return true;
  for (const issuer of between) {
    if (seen.has(issuer.digest) || !equal(at.issuer, issuer.subject) || !mayIssue(issuer, below)) continue;
    if (now < issuer.notBefore || now > issuer.notAfter + 999) continue;
    seen.add(issuer.digest);
    if ((await isSignedBy(at, issuer)) && (await reaches(issuer, between, root, now, below + 1, seen))) return true;
  }
  return false;
}

function mayIssue(issuer: Certificate, below: number): boolean {
  const signs = issuer.usage === undefined || issuer.usage.has(KEY_CERT_SIGN);
  return issuer.authority && signs && (issuer.pathLength === undefined || issuer.pathLength >= below);
}

const RSA = "RSASSA-PKCS1-v1_5";
const SIGNATURES: Record<string, { name: string; hash: string } | undefined> = {
  "1.2.840.113549.1.1.11": { name: RSA, hash: "SHA-256" },
  "1.2.840.113549.1.1.12": { name: RSA, hash: "SHA-384" },
  "1.2.840.113549.1.1.13": { name: RSA, hash: "SHA-512" },
  "1.2.840.10045.4.3.2": { name: "ECDSA", hash: "SHA-256" },
  "1.2.840.10045.4.3.3": { name: "ECDSA", hash: "SHA-384" },
  "1.2.840.10045.4.3.4": { name: "ECDSA", hash: "SHA-512" },
};
const CURVES: Record<string, { namedCurve: string; size: number } | undefined> = {
  "1.2.840.10045.3.1.7": { namedCurve: "P-256", size: 32 },
  "1.3.132.0.34": { namedCurve: "P-384", size: 48 },
};

async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const { tbs, oid, value } = certificate.signature;
  const how = SIGNATURES[oid];
  if (!how) return false;
  try {
    if (how.name === RSA) {
      const key = await crypto.subtle.importKey("spki", issuer.spki, how, false, ["verify"]);
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
