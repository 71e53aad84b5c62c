/**
 * What of a key outlives a reload: handles that cannot be taken out of the
 * browser (of SM2 there are none, so nothing), and the person's own encrypted
 * file, so that only the passphrase is asked for after a lock. All of it under a name that dies with the browser's
 * session; what other sessions left is dropped.
 */
import { createStore, del, get, keys, set, type UseStore } from "idb-keyval";
import type { Hex, KeyFile } from "./contract";
import { isOfHandles, type Keyring } from "./keys";
import type { Pairing } from "./token/agent";
import { isPem } from "./pem";

export interface KeyStore {
  ring(keep: string): Promise<Keyring | undefined>;
  files(keep: string): Promise<KeyFile[] | undefined>;
  /** Where a token's keys are reached again after a lock. */
  token(keep: string): Promise<KeptToken | undefined>;
  put(keep: string, ring: Keyring, files?: KeyFile[]): Promise<void>;
  /** Drops the handles; with `all` the files as well. */
  drop(all: boolean): Promise<void>;
  /** Drops what was kept under other names. */
  only(keep: string): Promise<void>;
}

/** A pairing outlives a lock of the page, as an encrypted key file does. */
export interface KeptToken {
  pairing: Pairing;
  certificate: Hex;
}

/** IndexedDB where there is one; a page from a file may have none. */
export function keyStore(): KeyStore {
  let store: UseStore | undefined;
  const kept = () => (store ??= createStore("kaibiao-keys", "keys"));
  const all = async () => (await keys<string>(kept())) as string[];
  const remove = async (which: (name: string) => boolean) => {
    for (const name of await all()) if (which(name)) await del(name, kept());
  };
  return {
    ring: (keep) => get<Keyring>(`ring:${keep}`, kept()),
    files: (keep) => get<KeyFile[]>(`files:${keep}`, kept()),
    token: (keep) => get<KeptToken>(`token:${keep}`, kept()),
    async put(keep, ring, files) {
      if (isOfHandles(ring)) await set(`ring:${keep}`, ring, kept());
      const { token } = ring;
      if (token) await set(`token:${keep}`, { pairing: token.pairing, certificate: token.certificate }, kept());
      else await del(`token:${keep}`, kept());
      if (token) await del(`files:${keep}`, kept());
      if (files?.every(isEncrypted)) await set(`files:${keep}`, files, kept());
    },
    drop: (everything) => remove((name) => everything || name.startsWith("ring:")),
    only: (keep) => remove((name) => !name.endsWith(`:${keep}`)),
  };
}

/** A key of PKCS #12 that is in no encryption of its own: pkcs-12-keyBag, as it stands in DER. */
const KEY_BAG = "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01";

/** A key in the clear is never kept. */
export function isEncrypted(file: KeyFile): boolean {
  const bytes = file.bytes.slice();
  // Octet by octet: what is called latin1 there is another table.
  const text = Array.from(bytes, (octet) => String.fromCharCode(octet)).join("");
  return isPem(bytes) ? !/-----BEGIN (?!ENCRYPTED )[A-Z0-9 ]*PRIVATE KEY-----/.test(text) : !text.includes(KEY_BAG);
}
