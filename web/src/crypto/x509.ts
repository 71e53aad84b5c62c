/** X.509 v3 certificates, read strictly enough to judge them. */
import { equal, hex } from "./bid/encoding";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Bytes } from "./bid/types";
import type { CertificateInfo, Hex, Millis } from "./contract";
import * as asn1 from "./der";
import { TAG, type Asn1 } from "./der";
import { CryptoFailure } from "./failure";
import { organisationCode, organisationName } from "./rules";
import { usualSpki } from "./suite/gm/certificates";

type CertificateKey = CertificateInfo["key"];

export interface Certificate {
  der: Bytes;
  /** SHA-256 of the DER. */
  digest: Hex;
  /** Lowercase hex without a leading zero byte. */
  serial: string;
  /** Raw DER names, compared byte by byte. */
  issuer: Bytes;
  subject: Bytes;
  /** The same, read. */
  issuerName: Asn1;
  subjectName: Asn1;
  notBefore: Millis;
  notAfter: Millis;
  /** DER SubjectPublicKeyInfo; of SM2 in the spelling that keys are named by, whatever the certificate's. */
  spki: Bytes;
  /** Undefined for keys that may not act here (they may still be authorities'). */
  key: CertificateKey | undefined;
  /** Key usage bits, 0 = digitalSignature; undefined when absent. */
  usage: Set<number> | undefined;
  extendedUsage: string[] | undefined;
  authority: boolean;
  pathLength: number | undefined;
  signature: { tbs: Bytes; algorithm: Bytes; oid: string; value: Bytes };
  /** By OID: the extension's value, and whether it is critical. */
  extensions: Map<string, { critical: boolean; value: Bytes }>;
}

/** At most this long, as everywhere on the platform. */
const MAX_LENGTH = 16_384;

const OID = {
  commonName: "2.5.4.3",
  organisation: "2.5.4.10",
  keyUsage: "2.5.29.15",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
  rsa: "1.2.840.113549.1.1.1",
  ec: "1.2.840.10045.2.1",
  p256: "1.2.840.10045.3.1.7",
} as const;

const USAGE = { digitalSignature: 0, keyEncipherment: 2, dataEncipherment: 3, keyAgreement: 4 } as const;
export const KEY_CERT_SIGN = 5;
export const CRL_SIGN = 6;

/** Reads one certificate; `certificate-malformed` when it is none. */
export function parseCertificate(der: Bytes): Certificate {
  if (der.length > MAX_LENGTH) throw new CryptoFailure("certificate-malformed");
  try {
    return parse(der.slice(), hex(sha256(der)));
  } catch (error) {
    if (error instanceof CryptoFailure) throw error;
    throw new CryptoFailure("certificate-malformed");
  }
}

function parse(der: Bytes, digest: Hex): Certificate {
  const whole = asn1.expect(asn1.read(der), TAG.sequence);
  const tbs = asn1.child(whole, 0, TAG.sequence);
  const algorithm = asn1.child(whole, 1, TAG.sequence);
  const value = asn1.bits(asn1.child(whole, 2, TAG.bitString));
  const version = asn1.child(tbs, 0, TAG.explicit(0));
  if (asn1.integer(asn1.child(version, 0)) !== 2) throw new CryptoFailure("certificate-malformed");
  const inner = asn1.child(tbs, 2, TAG.sequence);
  if (!equal(inner.whole, algorithm.whole)) throw new CryptoFailure("certificate-malformed");
  const [issuer, validity, subject, spki] = [3, 4, 5, 6].map((index) => asn1.child(tbs, index, TAG.sequence)) as [Asn1, Asn1, Asn1, Asn1];
  // Unique identifiers ([1], [2]) are in no certificate of the field.
  if (tbs.children.slice(7).some((element) => element.tag !== TAG.explicit(3))) throw new CryptoFailure("certificate-malformed");
  const extensions = readExtensions(tbs);
  const [notBefore, notAfter] = [0, 1].map((index) => time(asn1.child(validity, index))) as [Millis, Millis];
  if (notBefore > notAfter) throw new CryptoFailure("certificate-malformed");
  const constraints = readConstraints(extensions.get(OID.basicConstraints)?.value);
  const sm2 = usualSpki(spki);
  return {
    der,
    digest,
    serial: hex(asn1.unsigned(asn1.child(tbs, 1, TAG.integer))),
    issuer: issuer.whole,
    subject: subject.whole,
    issuerName: issuer,
    subjectName: subject,
    notBefore,
    notAfter,
    spki: sm2 ?? spki.whole,
    key: sm2 ? "sm2" : keyOf(spki),
    usage: readUsage(extensions.get(OID.keyUsage)?.value),
    extendedUsage: readExtendedUsage(extensions.get(OID.extendedKeyUsage)?.value),
    ...constraints,
    signature: { tbs: tbs.whole, algorithm: algorithm.whole, oid: asn1.oid(asn1.child(algorithm, 0)), value },
    extensions,
  };
}

/** Whether its key usage allows signing acts. */
export function maySign(certificate: Certificate): boolean {
  return !certificate.authority && certificate.key !== undefined && certificate.usage?.has(USAGE.digitalSignature) === true;
}

/** Whether secrets may be wrapped to it. */
export function mayEncrypt(certificate: Certificate): boolean {
  const { usage } = certificate;
  const allowed = [USAGE.keyEncipherment, USAGE.dataEncipherment, USAGE.keyAgreement].some((bit) => usage?.has(bit));
  return !certificate.authority && certificate.key !== undefined && allowed;
}

export function isSelfIssued(certificate: Certificate): boolean {
  return equal(certificate.issuer, certificate.subject);
}

/** As people read it. */
export function describe(certificate: Certificate): CertificateInfo {
  const subject = (type: string) => part(certificate.subjectName, type);
  const issuer = (type: string) => part(certificate.issuerName, type);
  const code = organisationCode(certificate);
  return {
    digest: certificate.digest,
    organisationName: organisationName(certificate) ?? "",
    ...(code === undefined ? {} : { organisationCode: code }),
    person: subject(OID.commonName) ?? "",
    issuer: issuer(OID.commonName) ?? issuer(OID.organisation) ?? "",
    serial: certificate.serial,
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    key: certificate.key ?? "p-256",
    sign: maySign(certificate),
    encrypt: mayEncrypt(certificate),
  };
}

/** The text of a name's first part of this kind. */
export function part(name: Asn1, oid: string): string | undefined {
  const pair = name.children.flatMap((set) => set.children).find((it) => asn1.oid(asn1.child(it, 0)) === oid);
  return pair && asn1.text(asn1.child(pair, 1));
}

/** UTCTime or GeneralizedTime. */
export function time(element: Asn1): Millis {
  const written = String.fromCharCode(...element.content);
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(written);
  if (!match) throw new CryptoFailure("certificate-malformed");
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number, number];
  if (element.tag === TAG.utcTime && match[1]?.length === 2) {
    return Date.UTC(year < 50 ? 2000 + year : 1900 + year, month - 1, day, hour, minute, second);
  }
  if (element.tag === TAG.generalizedTime && match[1]?.length === 4) return Date.UTC(year, month - 1, day, hour, minute, second);
  throw new CryptoFailure("certificate-malformed");
}

/** The kind of key, where it is one that may act. */
function keyOf(spki: Asn1): CertificateKey | undefined {
  const algorithm = asn1.child(spki, 0, TAG.sequence);
  const key = asn1.bits(asn1.child(spki, 1, TAG.bitString));
  const kind = asn1.oid(asn1.child(algorithm, 0));
  if (kind === OID.ec) {
    const curve = asn1.child(algorithm, 1);
    return curve.tag === TAG.oid && asn1.oid(curve) === OID.p256 && key.length === 65 && key[0] === 4 ? "p-256" : undefined;
  }
  if (kind !== OID.rsa) return undefined;
  const parts = asn1.expect(asn1.read(key), TAG.sequence);
  const modulus = asn1.unsigned(asn1.child(parts, 0));
  const exponent = hex(asn1.unsigned(asn1.child(parts, 1)));
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (exponent !== "010001" || ![2048, 3072, 4096].includes(bits)) return undefined;
  return `rsa-${bits}` as CertificateKey;
}

function readExtensions(tbs: Asn1): Certificate["extensions"] {
  const found: Certificate["extensions"] = new Map();
  const wrapper = tbs.children.find((element) => element.tag === TAG.explicit(3));
  if (!wrapper) return found;
  for (const extension of asn1.child(wrapper, 0, TAG.sequence).children) {
    const critical = extension.children.length === 3;
    const value = asn1.child(extension, critical ? 2 : 1, TAG.octetString).content;
    const type = asn1.oid(asn1.child(extension, 0));
    if (found.has(type)) throw new CryptoFailure("certificate-malformed");
    found.set(type, { critical, value });
  }
  return found;
}

function readUsage(value: Bytes | undefined): Set<number> | undefined {
  if (!value) return undefined;
  const { content } = asn1.expect(asn1.read(value), TAG.bitString);
  const set = new Set<number>();
  content.subarray(1).forEach((octet, index) => {
    for (let bit = 0; bit < 8; bit += 1) if (octet & (0x80 >> bit)) set.add(index * 8 + bit);
  });
  return set;
}

function readExtendedUsage(value: Bytes | undefined): string[] | undefined {
  return value ? asn1.expect(asn1.read(value), TAG.sequence).children.map(asn1.oid) : undefined;
}

function readConstraints(value: Bytes | undefined): Pick<Certificate, "authority" | "pathLength"> {
  if (!value) return { authority: false, pathLength: undefined };
  const sequence = asn1.expect(asn1.read(value), TAG.sequence);
  const flag = sequence.children.find((element) => element.tag === TAG.boolean);
  const length = sequence.children.find((element) => element.tag === TAG.integer);
  return { authority: flag !== undefined && flag.content[0] !== 0, pathLength: length ? asn1.integer(length) : undefined };
}
