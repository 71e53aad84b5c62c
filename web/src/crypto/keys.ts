/** Private keys as the rest of src/crypto uses them: never extractable. */
import type { Hex } from "./contract";

/** A key that opens wraps: RSA-OAEP with SHA-256, or ECDH on P-256. */
export interface OpeningKey {
  kind: "rsa" | "p-256";
  /** DER SubjectPublicKeyInfo. */
  spki: Uint8Array;
  /** Key id: H(spki), hex. */
  id: Hex;
  /** RSA-OAEP/SHA-256 with usage decrypt, or ECDH with usage deriveBits. */
  privateKey: CryptoKey;
}

/** A key that signs acts. */
export interface SigningKey {
  algorithm: "rsa-pkcs1-sha256" | "ecdsa-p256-sha256";
  privateKey: CryptoKey;
  /** DER, the signer's first, without the root. */
  chain: Uint8Array[];
}
