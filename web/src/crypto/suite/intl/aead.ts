/** AES-256-GCM with a nonce of 12 bytes and a tag of 16 (NIST SP 800-38D), by WebCrypto. */
import type { Bytes } from "../../bid/types";
import type { Aead } from "..";

/** Forgets the raw key: the one inside WebCrypto remains. */
export async function aead(raw: Bytes): Promise<Aead> {
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  raw.fill(0);
  const parameters = (iv: Bytes, additionalData: Bytes): AesGcmParams => ({ name: "AES-GCM", iv, additionalData, tagLength: 128 });
  return {
    async seal(nonce, bound, plain) {
      return new Uint8Array(await crypto.subtle.encrypt(parameters(nonce, bound), key, plain));
    },
    async open(nonce, bound, sealed) {
      try {
        return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce, bound), key, sealed));
      } catch {
        return undefined;
      }
    },
  };
}
