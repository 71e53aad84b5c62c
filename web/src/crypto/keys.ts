/** Private keys as the rest of src/crypto uses them: never extractable. */
import type { Bytes, OpeningKey } from "./bid/types";
import { lowS } from "./bid/act";
import type { KeyInfo } from "./contract";

/** A key that signs acts. */
interface SigningKey {
  algorithm: "rsa-pkcs1-sha256" | "ecdsa-p256-sha256";
  privateKey: CryptoKey;
  /** DER, the signer's first, without the root. */
  chain: Bytes[];
}

/** Everything that one unlocking gives. It can be kept in IndexedDB as it is. */
export interface Keyring {
  info: KeyInfo;
  signing: SigningKey;
  /** The encryption certificate's key first, then every other key of the files. */
  opening: OpeningKey[];
  /** The encryption certificate, DER. */
  encryption?: Bytes;
  /** Roots that came with the person's own key. */
  roots: Bytes[];
}

/** Signs the bytes of a message as acts are signed. */
export async function signWith({ signing }: Keyring, message: Bytes): Promise<Bytes> {
  if (signing.algorithm === "rsa-pkcs1-sha256") {
    return new Uint8Array(await crypto.subtle.sign("RSASSA-PKCS1-v1_5", signing.privateKey, message));
  }
  const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, signing.privateKey, message);
  return lowS(new Uint8Array(raw));
}
