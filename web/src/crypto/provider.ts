/**
 * Where a person's key comes from. Files are the first provider; USB tokens
 * and certificates on a phone come beside it without anything else changing.
 */
import { vault } from "./client";
import type { KeyFile, KeyInfo } from "./contract";

export interface KeyProvider {
  /** "file", later "token", "phone"; i18n `keys.providers.<name>`. */
  readonly name: string;
  /** Whether this device and browser can use it now. */
  available(): Promise<boolean>;
  /** Unlocks a key and makes it the vault's. */
  unlock(request: UnlockKey): Promise<KeyInfo>;
}

export interface UnlockKey {
  files: KeyFile[];
  passphrase: string;
  /** Under which name the unlocked key survives a reload; left out, it does not. */
  keep?: string;
}

/** Key files (.p12, PEM): opened in the worker, never kept in the clear. */
export const fileKeys: KeyProvider = {
  name: "file",
  available: async () => typeof crypto !== "undefined" && crypto.subtle !== undefined,
  unlock: ({ files, passphrase, keep }) => vault().open(files, passphrase, keep),
};

/** In the order of offering. */
export const providers: KeyProvider[] = [fileKeys];
