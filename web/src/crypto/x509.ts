/** X.509 v3 certificates, read strictly enough to judge them. */
import type { CertificateInfo, Hex, Millis } from "./contract";

export type CertificateKey = CertificateInfo["key"];

export interface Attribute {
  oid: string;
  value: string;
}

export interface Certificate {
  der: Uint8Array;
  /** SHA-256 of the DER. */
  digest: Hex;
  /** Lowercase hex without a leading zero byte. */
  serial: string;
  /** Raw DER names, compared byte by byte. */
  issuer: Uint8Array;
  subject: Uint8Array;
  issuerAttributes: Attribute[];
  subjectAttributes: Attribute[];
  notBefore: Millis;
  notAfter: Millis;
  /** DER SubjectPublicKeyInfo. */
  spki: Uint8Array;
  /** Undefined for keys that may not act here (they may still be authorities'). */
  key: CertificateKey | undefined;
  /** Key usage bits, 0 = digitalSignature; undefined when absent. */
  usage: Set<number> | undefined;
  extendedUsage: string[] | undefined;
  authority: boolean;
  pathLength: number | undefined;
  signature: { tbs: Uint8Array; algorithm: Uint8Array; oid: string; value: Uint8Array };
  /** By OID: the extension's value, and whether it is critical. */
  extensions: Map<string, { critical: boolean; value: Uint8Array }>;
}

export declare function parseCertificate(der: Uint8Array): Promise<Certificate>;
export declare function maySign(certificate: Certificate): boolean;
export declare function mayEncrypt(certificate: Certificate): boolean;
export declare function describe(certificate: Certificate): CertificateInfo;
