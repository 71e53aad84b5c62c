/** The vault itself, for the worker and for pages that have none. */
import { base64 } from "./bid/encoding";
import { composeAct, lowS } from "./bid/act";
import type { Bytes, OpeningKey } from "./bid/types";
import type { ActBody, KeyFile, KeyInfo, OtherKey, Place, SignedAct, Vault } from "./contract";
import { CryptoFailure } from "./failure";
import { certificatesOf, openFiles } from "./keyring";
import type { Keyring } from "./keys";
import { keyStore, type KeyStore } from "./keystore";
import { openKeyFile } from "./bid/keyfile";
import { believe } from "./rules";
import { bidMethods } from "./vault-bids";
import { custodyMethods } from "./vault-custody";

/** What the vault's parts share. */
export interface Holder {
  /** The unlocked key; refuses `key-locked`. */
  ring(): Keyring;
  known(): Keyring | undefined;
  sign(place: Place, body: ActBody, secrets?: string[]): Promise<SignedAct>;
  /** The keys that open wraps: the unlocked ones, or those of another file. */
  openers(other?: OtherKey): Promise<OpeningKey[]>;
}

export function createVault(store: KeyStore = keyStore()): Vault {
  let ring: Keyring | undefined;

  const holder: Holder = {
    known: () => ring,
    ring() {
      if (!ring) throw new CryptoFailure("key-locked");
      return ring;
    },
    sign: async (place, body, secrets) => signed(holder.ring(), place, body, secrets),
    async openers(other) {
      if (!other) return holder.ring().opening;
      if (other.kind === "keyfile") return [await openKeyFile(other.text, other.passphrase)];
      return (await openFiles(other.files, other.passphrase)).opening;
    },
  };

  const unlock = async (files: KeyFile[], passphrase: string, keep?: string): Promise<KeyInfo> => {
    ring = await openFiles(files, passphrase);
    // A browser that keeps nothing asks for the key after a reload; it works nevertheless.
    if (keep) await store.put(keep, ring, files).catch(() => undefined);
    return ring.info;
  };

  return {
    ...bidMethods(holder),
    ...custodyMethods(holder),
    open: unlock,
    async restore(keep) {
      const kept = await store.ring(keep).catch(() => undefined);
      await store.only(keep).catch(() => undefined);
      ring = kept;
      return kept?.info ?? null;
    },
    async reopen(passphrase, keep) {
      const files = await store.files(keep).catch(() => undefined);
      if (!files) throw new CryptoFailure("key-files-needed");
      return unlock(files, passphrase, keep);
    },
    async lock(forget) {
      ring = undefined;
      await store.drop(forget).catch(() => undefined);
    },
    info: async () => ring?.info ?? null,
    certificates: async (file) => certificatesOf(file),
    believe: async (rules) => believe(rules),
    sign: holder.sign,
    // Nothing is signed here, so the place does not matter.
    plain: async (body) => ({ body: composeAct({ origin: "", project: "" }, body).body }),
  };
}

async function signed(ring: Keyring, place: Place, body: ActBody, secrets?: string[]): Promise<SignedAct> {
  const { algorithm, chain } = ring.signing;
  const composed = composeAct(place, body);
  const value = await signature(ring, composed.message);
  return {
    body: composed.body,
    signature: { algorithm, value: base64(value), chain: chain.map(base64) },
    ...(secrets && secrets.length > 0 ? { secrets } : {}),
  };
}

async function signature({ signing }: Keyring, message: Bytes): Promise<Bytes> {
  if (signing.algorithm === "rsa-pkcs1-sha256") {
    return new Uint8Array(await crypto.subtle.sign("RSASSA-PKCS1-v1_5", signing.privateKey, message));
  }
  const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, signing.privateKey, message);
  return lowS(new Uint8Array(raw));
}
