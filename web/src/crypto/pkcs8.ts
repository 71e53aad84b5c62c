/** Private keys: their older encodings, what kind they are, and their import. */
import { equal } from "./bid/encoding";
import type { Bytes } from "./bid/types";
import * as asn1 from "./der";
import { TAG } from "./der";
import { CryptoFailure } from "./failure";
import { CURVE as SM2 } from "./suite/gm/certificates";
import { pointIn } from "./suite/gm/point";
import { loadGm } from "./suite/gm/module";
import type { Certificate } from "./x509";

const RSA_ALGORITHM = Uint8Array.of(0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00);
const P256_ALGORITHM = Uint8Array.of(
  0x30,
  0x13,
  0x06,
  0x07,
  0x2a,
  0x86,
  0x48,
  0xce,
  0x3d,
  0x02,
  0x01,
  0x06,
  0x08,
  0x2a,
  0x86,
  0x48,
  0xce,
  0x3d,
  0x03,
  0x01,
  0x07,
);
const ZERO = Uint8Array.of(0x02, 0x01, 0x00);
const ONE = Uint8Array.of(0x02, 0x01, 0x01);
const OID = { rsa: "1.2.840.113549.1.1.1", ec: "1.2.840.10045.2.1", p256: "1.2.840.10045.3.1.7" } as const;

/** A private key as found in a file, not yet known to WebCrypto. `wipe` it after its import. */
export interface RawKey {
  kind: "rsa" | "p-256" | "sm2";
  /** RSA: PKCS #8. P-256 and SM2: the scalar, 32 bytes. */
  pkcs8: Bytes;
  /** RSA: the modulus, by which its certificate is found. */
  modulus?: Bytes;
}

/** Two handles of one key, neither extractable; of SM2, which WebCrypto does not know, the scalar. */
export type ImportedKey = { kind: "rsa" | "p-256"; sign: CryptoKey; open: CryptoKey } | { kind: "sm2"; scalar: Bytes };

/** PKCS #8 of RSA, P-256 or SM2; any other key is refused. */
export function readPkcs8(der: Bytes): RawKey {
  const info = asn1.expect(asn1.read(der, "ber"), TAG.sequence);
  const algorithm = asn1.child(info, 1, TAG.sequence);
  const key = asn1.child(info, 2, TAG.octetString).content;
  const kind = asn1.oid(asn1.child(algorithm, 0));
  if (kind === OID.rsa) return readPkcs1(key);
  const curve = algorithm.children[1];
  const named = kind === SM2 ? SM2 : kind === OID.ec && curve?.tag === TAG.oid ? asn1.oid(curve) : undefined;
  if (named === OID.p256 || named === SM2) return readScalar(key, named);
  throw new CryptoFailure("key-type", { type: kind });
}

/** RSAPrivateKey (PKCS #1, RFC 8017). */
export function readPkcs1(der: Bytes): RawKey {
  const modulus = asn1.unsigned(asn1.child(asn1.read(der), 1, TAG.integer)).slice();
  if (![256, 384, 512].includes(modulus.length)) throw new CryptoFailure("key-type", { type: `RSA ${modulus.length * 8}` });
  const inner = asn1.write(TAG.octetString, der);
  const pkcs8 = asn1.write(TAG.sequence, ZERO, RSA_ALGORITHM, inner);
  inner.fill(0);
  return { kind: "rsa", pkcs8, modulus };
}

/** ECPrivateKey (SEC 1, RFC 5915) that names its curve. */
export function readSec1(der: Bytes): RawKey {
  const named = asn1.read(der).children.find((element) => element.tag === TAG.explicit(0));
  const curve = named ? asn1.oid(asn1.child(named, 0, TAG.oid)) : undefined;
  if (curve !== OID.p256 && curve !== SM2) throw new CryptoFailure("key-type", { type: curve ?? "EC" });
  return readScalar(der, curve);
}

function readScalar(ecPrivateKey: Bytes, curve: string): RawKey {
  const scalar = asn1.child(asn1.read(ecPrivateKey), 1, TAG.octetString).content;
  const zeros = scalar.findIndex((octet) => octet !== 0);
  const digits = zeros < 0 ? scalar.subarray(scalar.length) : scalar.subarray(zeros);
  if (digits.length > 32) throw new CryptoFailure("key-type", { type: curve });
  const padded = new Uint8Array(32);
  padded.set(digits, 32 - digits.length);
  return { kind: curve === SM2 ? "sm2" : "p-256", pkcs8: padded };
}

/** The key of this certificate, as WebCrypto's own where it can be; undefined when it is another's. */
export async function importFor(key: RawKey, certificate: Certificate): Promise<ImportedKey | undefined> {
  if (key.kind === "sm2") return importSm2(key, certificate);
  return key.kind === "rsa" ? importRsa(key, certificate) : importP256(key, certificate);
}

async function importSm2(key: RawKey, certificate: Certificate): Promise<ImportedKey | undefined> {
  const own = (await loadGm()).sm2Public(key.pkcs8);
  // 0, order - 1 and above are no keys of SM2.
  if (!own) throw new CryptoFailure("key-type", { type: SM2 });
  const wanted = pointIn(certificate.spki);
  return wanted && equal(own, wanted) ? { kind: "sm2", scalar: key.pkcs8.slice() } : undefined;
}

async function importRsa(key: RawKey, certificate: Certificate): Promise<ImportedKey | undefined> {
  if (!certificate.key?.startsWith("rsa") || !key.modulus) return undefined;
  const parts = asn1.read(asn1.bits(asn1.child(asn1.read(certificate.spki), 1, TAG.bitString)));
  if (!equal(asn1.unsigned(asn1.child(parts, 0, TAG.integer)), key.modulus)) return undefined;
  const sign = await crypto.subtle.importKey("pkcs8", key.pkcs8, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, ["sign"]);
  const open = await crypto.subtle.importKey("pkcs8", key.pkcs8, { name: "RSA-OAEP", hash: "SHA-256" }, false, ["decrypt"]);
  return { kind: "rsa", sign, open };
}

/** Not every browser finds a public key by itself, so the certificate's is put in, and tried. */
async function importP256(key: RawKey, certificate: Certificate): Promise<ImportedKey | undefined> {
  if (certificate.key !== "p-256") return undefined;
  const point = asn1.child(asn1.read(certificate.spki), 1, TAG.bitString).whole;
  const scalar = asn1.write(TAG.octetString, key.pkcs8);
  const inner = asn1.write(TAG.octetString, asn1.write(TAG.sequence, ONE, scalar, asn1.write(TAG.explicit(1), point)));
  const pkcs8 = asn1.write(TAG.sequence, ZERO, P256_ALGORITHM, inner);
  try {
    const curve = { namedCurve: "P-256" };
    const sign = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "ECDSA", ...curve }, false, ["sign"]);
    const open = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "ECDH", ...curve }, false, ["deriveBits"]);
    const how = { name: "ECDSA", hash: "SHA-256" };
    const verify = await crypto.subtle.importKey("spki", certificate.spki, { name: "ECDSA", ...curve }, false, ["verify"]);
    const trial = await crypto.subtle.sign(how, sign, ZERO);
    return (await crypto.subtle.verify(how, verify, trial, ZERO)) ? { kind: "p-256", sign, open } : undefined;
  } catch {
    return undefined;
  } finally {
    for (const copy of [scalar, inner, pkcs8]) copy.fill(0);
  }
}

export function wipe(...keys: RawKey[]): void {
  for (const key of keys) key.pkcs8.fill(0);
}
