/**
 * Private keys as the rest of src/crypto uses them: handles that are never
 * extractable. WebCrypto has no SM2, so of such a key the scalar is here, in the
 * worker's memory alone (docs/adr/0009). A key in a token is not in this browser at all.
 */
import type { Bytes, OpeningKey } from "./bid/types";
import { lowS } from "./bid/act";
import { fail } from "./bid/failure";
import type { KeyInfo } from "./contract";
import { loadGm } from "./suite/gm/module";
import { signByToken, type TokenKeys } from "./token/ring";

/** What signs, and how; the key is left out where a token holds it. */
export type PrivateHalf =
  | { algorithm: "rsa-pkcs1-sha256" | "ecdsa-p256-sha256"; privateKey?: CryptoKey }
  | { algorithm: "sm2-sm3"; scalar?: Bytes };

/** A key that signs acts. */
type SigningKey = PrivateHalf & {
  /** DER, the signer's first, without the root. */
  chain: Bytes[];
};

/** Everything that one unlocking gives. Where it is of handles alone, it can be kept in IndexedDB as it is. */
export interface Keyring {
  info: KeyInfo;
  signing: SigningKey;
  /** The encryption certificate's key first, then every other key of the files. */
  opening: OpeningKey[];
  /** The encryption certificate, DER. */
  encryption?: Bytes;
  /** Roots that came with the person's own key. */
  roots: Bytes[];
  /** The keys lie in a token, and `opening` is empty. */
  token?: TokenKeys;
}

/** Signs the bytes of a message as acts are signed. */
export async function signWith({ signing, token }: Keyring, message: Bytes): Promise<Bytes> {
  if (token) return signByToken(token, message);
  if (signing.algorithm === "sm2-sm3") {
    const gm = await loadGm();
    // One that was wiped meanwhile is no key any more.
    return signing.scalar && gm.sm2Public(signing.scalar) ? gm.sm2Sign(signing.scalar, message) : fail("key-locked");
  }
  if (!signing.privateKey) return fail("key-locked");
  if (signing.algorithm === "rsa-pkcs1-sha256") {
    return new Uint8Array(await crypto.subtle.sign("RSASSA-PKCS1-v1_5", signing.privateKey, message));
  }
  const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, signing.privateKey, message);
  return lowS(new Uint8Array(raw));
}

/** Whether nothing of it can be taken out. */
export function isOfHandles({ signing, opening, token }: Keyring): boolean {
  return (token !== undefined || signing.algorithm !== "sm2-sm3") && opening.every(({ kind }) => kind !== "sm2");
}

/** Wipes what is no handle. */
export function wipeRing({ signing, opening }: Keyring): void {
  if (signing.algorithm === "sm2-sm3") signing.scalar?.fill(0);
  for (const key of opening) if (key.kind === "sm2") key.scalar.fill(0);
}
