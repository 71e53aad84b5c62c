/**
 * Whether a certificate chain is believed, by roots of the client's own
 * choosing (docs/spec/signatures.md, 5). A page has no revocation lists of its
 * own: it asks those that were kept with a judgement, and the platform asks its own.
 */
import { equal } from "./bid/encoding";
import type { Bytes, Judge, Kept } from "./bid/types";
import type { Believed, Hex, Millis } from "./contract";
import { CryptoFailure } from "./failure";
import { checkRevocation, type Basis, type Lists, type Policy } from "./revocation";
import { USUAL, codeBy, nameBy, type Rules } from "./rules";
import { isSignedBy } from "./signed";
import { isSignature } from "./suite/gm/certificates";
import { KEY_CERT_SIGN, mayEncrypt, maySign, parseCertificate, part, type Certificate } from "./x509";

/** Who is believed. `id` is what the platform calls the authority. */
export interface Authority {
  id: string;
  root: Bytes;
  intermediates?: Bytes[];
  /** Where it puts codes and names. */
  rules?: Rules;
  /** What is done where its lists are missing; "required" when left out. */
  revocation?: Policy;
}

/** The same as the platform names it (api: CaView): by the digest of its root. */
export type NamedAuthority = Believed["cas"][number];

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

/** Throws a CryptoFailure with one of the codes `certificate-...`. Without a basis no list is asked. */
export async function judge(
  chain: Bytes[],
  authorities: Authority[],
  now: Millis,
  use: "sign" | "encrypt",
  added: Bytes[] = [],
  basis?: Basis,
): Promise<Holder> {
  if (chain.length < 1 || chain.length > MAX_CHAIN || added.length > MAX_CHAIN) throw new CryptoFailure("certificate-malformed");
  const [leaf, ...others] = [...chain, ...added].map(parseCertificate) as [Certificate, ...Certificate[]];
  if (!leaf.key) throw new CryptoFailure("certificate-weak-key");
  checkValidity(leaf, now);
  const { authority, root } = await findPath(leaf, others, authorities, { now, use, basis });
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

/** The same as the sealed bid's modules ask it, on lists that were kept. */
export function judgeBy(authorities: Authority[], lists: Lists = new Map()): Judge {
  return {
    judge: async (chain, at, use, kept) => {
      const { organisation, name, certificate } = await judge(chain, authorities, at, use, kept?.added, basisOf(kept, lists));
      return { organisation, name, spki: certificate.spki, notAfter: certificate.notAfter };
    },
  };
}

function basisOf(kept: Kept | undefined, lists: Lists): Basis | undefined {
  if (!kept?.lists) return undefined;
  const found = kept.lists.flatMap((digest) => lists.get(digest) ?? []);
  return { lists: found, ...(kept.bridged === undefined ? {} : { bridged: kept.bridged }) };
}

/**
 * Roots of the person's own choosing, under the names, by the rules and with the
 * policy that the platform gives them; others are left out.
 */
export function authoritiesOf(roots: Bytes[], cas: NamedAuthority[]): Authority[] {
  return roots.flatMap((root) => {
    const digest = parseCertificate(root).digest;
    return cas.filter((ca) => ca.root === digest).map(({ root: _, ...named }) => ({ ...named, root }));
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
  asked: Asked,
): Promise<{ authority: Authority; root: Certificate }> {
  let refusal: CryptoFailure | undefined;
  for (const authority of authorities) {
    const root = parseCertificate(authority.root);
    const own = (authority.intermediates ?? []).map(parseCertificate);
    const search = { ...asked, between: [...others, ...own], root, policy: authority.revocation ?? "required" };
    const found = await reaches(leaf, search, [leaf]);
    if (found === true) return { authority, root };
    refusal ??= found || undefined;
  }
  const issuer = part(leaf.issuerName, "2.5.4.3") ?? part(leaf.issuerName, "2.5.4.10") ?? "";
  throw refusal ?? new CryptoFailure("certificate-unknown-issuer", { issuer });
}

interface Asked {
  now: Millis;
  use: "sign" | "encrypt";
  basis: Basis | undefined;
}

interface Search extends Asked {
  between: Certificate[];
  root: Certificate;
  policy: Policy;
}

/** Whether a path goes on to the root: true, false, or why a path that is there does not hold. */
async function reaches(at: Certificate, search: Search, path: Certificate[]): Promise<boolean | CryptoFailure> {
  const { between, root, use } = search;
  const unfit = faultOf(at, path.length > 1, search.now, use);
  if (unfit) return unfit;
  const below = path.length - 1;
  let refusal: CryptoFailure | undefined;
  if (equal(at.issuer, root.subject)) {
    const signed = await isIssuedBy(at, root, path);
    const fault = signed === true ? (issuingFault(root, below) ?? (await revoked([...path, root], search))) : signed || undefined;
    if (signed === true && !fault) return true;
    refusal ??= fault;
  }
  for (const issuer of between) {
    if (!equal(at.issuer, issuer.subject) || path.some((it) => it.digest === issuer.digest)) continue;
    const fault = faultOf(issuer, true, search.now, use) ?? issuingFault(issuer, below);
    const signed = fault ?? (await isIssuedBy(at, issuer, path));
    const found = signed === true ? await reaches(issuer, search, [...path, issuer]) : signed;
    if (found === true) return true;
    refusal ??= found || undefined;
  }
  return refusal ?? false;
}

/** What the lists say of a path, the root last. */
async function revoked(path: Certificate[], { basis, policy, now }: Search): Promise<CryptoFailure | undefined> {
  try {
    if (basis) await checkRevocation(path, basis, policy, now);
    return undefined;
  } catch (error) {
    if (error instanceof CryptoFailure) return error;
    throw error;
  }
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

/** Whether the issuer's key signed it; a way of signing that is not accepted, or not of the leaf's suite, is told. */
async function isIssuedBy(certificate: Certificate, issuer: Certificate, [leaf]: Certificate[]): Promise<boolean | CryptoFailure> {
  if (isSignature(certificate.signature.algorithm) !== (leaf?.key === "sm2")) return chainFault("algorithm");
  return (await isSignedBy(certificate.signature, issuer.spki)) ?? chainFault("algorithm");
}
