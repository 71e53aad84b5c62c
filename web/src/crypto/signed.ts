/** Signatures in certificates and revocation lists (docs/spec/certificates.md, 2). */
import type { Bytes } from "./bid/types";
import * as asn1 from "./der";
import { TAG } from "./der";
import { isSignature } from "./suite/gm/certificates";
import { pointIn } from "./suite/gm/point";
import { loadGm } from "./suite/gm/module";

/** What is signed, and how. */
export interface Signed {
  tbs: Bytes;
  /** DER AlgorithmIdentifier, and its algorithm. */
  algorithm: Bytes;
  oid: string;
  value: Bytes;
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

/** Whether a key signed it; nothing for a way of signing that is not accepted. */
export async function isSignedBy({ tbs, algorithm, oid, value }: Signed, spki: Bytes): Promise<boolean | undefined> {
  const sm2 = isSignature(algorithm);
  if (sm2 !== false) {
    const point = pointIn(spki);
    return sm2 && point !== undefined && (await loadGm()).sm2Verify(point, tbs, value) === "valid";
  }
  const how = SIGNATURES[oid];
  if (!how) return undefined;
  try {
    if (how.name === RSA) {
      const key = await crypto.subtle.importKey("spki", spki, how, false, ["verify"]);
      const { modulusLength } = key.algorithm as RsaKeyAlgorithm;
      if (modulusLength < 2048 || modulusLength > 8192) return false;
      return await crypto.subtle.verify(how, key, value, tbs);
    }
    const kind = asn1.child(asn1.read(spki), 0, TAG.sequence);
    const curve = CURVES[asn1.oid(asn1.child(kind, 1, TAG.oid))];
    if (!curve) return false;
    const key = await crypto.subtle.importKey("spki", spki, { name: "ECDSA", namedCurve: curve.namedCurve }, false, ["verify"]);
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
