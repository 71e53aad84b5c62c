/**
 * Where a person's key comes from: files, or a token behind the token agent.
 * Certificates on a phone come beside them without anything else changing.
 */
import { vault } from "./client";
import type { Hex, KeyFile, KeyInfo } from "./contract";
import type { Pairing } from "./token/agent";

export interface KeyProvider<From> {
  /** "file", "token", later "phone"; i18n `keys.providers.<name>`. */
  readonly name: string;
  /** Whether this device and browser can use it now. */
  available(): Promise<boolean>;
  /** Unlocks a key and makes it the vault's. With `keep` it survives a reload under that name. */
  unlock(from: From & { keep?: string }): Promise<KeyInfo>;
}

export interface FileRequest {
  files: KeyFile[];
  passphrase: string;
}

export interface TokenRequest {
  pairing: Pairing;
  /** Of the token's certificates the one that signs. */
  certificate: Hex;
}

/** Key files (.p12, PEM): opened in the worker, never kept in the clear. */
export const fileKeys: KeyProvider<FileRequest> = {
  name: "file",
  available: async () => typeof crypto !== "undefined" && crypto.subtle !== undefined,
  unlock: ({ files, passphrase, keep }) => vault().open(files, passphrase, keep),
};

/** Keys in a token (docs/spec/token-agent.md): the PIN is asked for by the agent, with the first use. */
export const tokenKeys: KeyProvider<TokenRequest> = {
  name: "token",
  available: async () => typeof fetch === "function",
  unlock: ({ pairing, certificate, keep }) => vault().openToken(pairing, certificate, keep),
};
