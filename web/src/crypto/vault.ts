/** The vault itself, for the worker and for pages that have none. */
import { base64, hex } from "./bid/encoding";
import { composeAct } from "./bid/act";
import { sha256 } from "./bid/hash";
import type { Bytes, OpeningKey } from "./bid/types";
import { detached, MAX_CARRIED, MAX_CERTIFICATES } from "./cms";
import type { ActBody, KeyFile, KeyInfo, OtherKey, Place, SignedAct, Vault } from "./contract";
import { CryptoFailure } from "./failure";
import { certificatesOf, openFiles, openKeys } from "./keyring";
import { signWith, wipeRing, type Keyring } from "./keys";
import { keyStore, type KeyStore } from "./keystore";
import { openKeyFile } from "./bid/keyfile";
import { loadGm } from "./suite/gm/module";
import { believe } from "./rules";
import { bidMethods } from "./vault-bids";
import { custodyMethods } from "./vault-custody";
import { jointMethods } from "./vault-joint";
import { recordMethods } from "./vault-record";
import { locker } from "./vault-locker";
import type { Pairing } from "./token/agent";
import { lockToken, openToken, signingCertificates } from "./token/ring";

/** What the vault's parts share. */
export interface Holder {
  /** The unlocked key; refuses `key-locked`. */
  ring(): Keyring;
  known(): Keyring | undefined;
  sign(place: Place, body: ActBody, secrets?: string[], record?: Bytes): Promise<SignedAct>;
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
    sign: async (place, body, secrets, record) => signed(holder.ring(), place, body, secrets, record),
    async openers(other) {
      if (!other) return holder.ring().opening;
      if (other.kind === "keyfile") return [await openKeyFile(other.text, other.passphrase)];
      return openKeys(other.files, other.passphrase);
    },
  };

  /** The one before is no longer anybody's. */
  const hold = (next: Keyring | undefined): void => {
    if (ring && ring !== next) wipeRing(ring);
    ring = next;
  };

  const { leave, ...own } = locker(holder);
  const { lockCustody, ...custody } = custodyMethods(holder);

  const unlock = async (files: KeyFile[], passphrase: string, keep?: string): Promise<KeyInfo> => {
    const opened = await openFiles(files, passphrase);
    hold(opened);
    lockCustody();
    // A browser that keeps nothing asks for the key after a reload; it works nevertheless.
    if (keep) await store.put(keep, opened, files).catch(() => undefined);
    return opened.info;
  };

  const unlockToken = async (pairing: Pairing, certificate: string | undefined, keep?: string): Promise<KeyInfo> => {
    const opened = await openToken(pairing, certificate);
    hold(opened);
    lockCustody();
    if (keep) await store.put(keep, opened).catch(() => undefined);
    return opened.info;
  };

  return {
    ...bidMethods(holder),
    ...custody,
    ...jointMethods(holder),
    ...recordMethods(holder),
    ...own,
    open: unlock,
    openToken: unlockToken,
    tokenCertificates: signingCertificates,
    keptToken: async (keep) => (await store.token(keep).catch(() => undefined)) !== undefined,
    async restore(keep) {
      const kept = await store.ring(keep).catch(() => undefined);
      await store.only(keep).catch(() => undefined);
      hold(kept);
      lockCustody();
      return kept?.info ?? null;
    },
    async reopen(passphrase, keep) {
      const token = await store.token(keep).catch(() => undefined);
      if (token) return unlockToken(token.pairing, token.certificate, keep);
      const files = await store.files(keep).catch(() => undefined);
      if (!files) throw new CryptoFailure("key-files-needed");
      return unlock(files, passphrase, keep);
    },
    async lock(forget) {
      if (ring?.token) await lockToken(ring.token, forget);
      hold(undefined);
      lockCustody();
      if (forget) leave();
      await store.drop(forget).catch(() => undefined);
    },
    info: async () => ring?.info ?? null,
    equip: async () => {
      await loadGm();
    },
    certificates: async (file) => certificatesOf(file),
    believe: async (rules) => believe(rules),
    sign: async (place, body, secrets, record) => holder.sign(place, body, secrets, record?.slice()),
    // Nothing is signed here, so the place does not matter.
    plain: async (body) => ({ body: composeAct({ origin: "", project: "" }, body).body }),
  };
}

/** An act over a record carries a detached signature over the record's bytes too (docs/spec/record.md, Signatures). */
async function carrying(ring: Keyring, body: ActBody, record?: Bytes): Promise<ActBody> {
  const { algorithm, chain } = ring.signing;
  if (!record || chain.length > MAX_CERTIFICATES) return body;
  if (hex(sha256(record)) !== body["record"]) throw new CryptoFailure("record-differs");
  // A token agent signs messages of acts and nothing else; the act's own signature covers
  // the record's digest.
  if (ring.token) return body;
  const draft = await detached(record, Date.now(), chain);
  const cms = draft.finish(algorithm, await signWith(ring, draft.message));
  return cms.length > MAX_CARRIED ? body : { ...body, cms: base64(cms) };
}

async function signed(ring: Keyring, place: Place, body: ActBody, secrets?: string[], record?: Bytes): Promise<SignedAct> {
  const { algorithm, chain } = ring.signing;
  const composed = composeAct(place, await carrying(ring, body, record));
  const value = await signWith(ring, composed.message);
  return {
    body: composed.body,
    signature: { algorithm, value: base64(value), chain: chain.map(base64) },
    ...(secrets && secrets.length > 0 ? { secrets } : {}),
  };
}
