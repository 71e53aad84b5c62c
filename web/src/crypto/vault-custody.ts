/** The vault's part that knows custodians: key files, releases, rescues, the platform's lists. */
import { base64, hex } from "./bid/encoding";
import { auditStatements, release, rescue } from "./bid/custody";
import { fail } from "./bid/failure";
import { keyFilePublic, newKeyFile, openKeyFile } from "./bid/keyfile";
import { parseTerms } from "./bid/terms";
import type { Bytes } from "./bid/types";
import { readAccepted } from "./bid/wire";
import { keyId } from "./bid/wrap";
import type { KeyFilePublic, LockedKeyFile, Vault } from "./contract";
import { CryptoFailure } from "./failure";
import { loadSuite, ready, suiteNamed, suiteOfKey } from "./suite";
import { readLists } from "./revocation";
import { judgeBy } from "./trust";
import type { Holder } from "./vault";
import { believed } from "./vault-bids";

type Methods = Pick<
  Vault,
  | "unlockCustody"
  | "custodyUnlocked"
  | "newKeyFile"
  | "keyFilePublic"
  | "openKeyFile"
  | "newAgentKey"
  | "release"
  | "rescue"
  | "auditStatements"
>;

/** An SPKI is 26 bytes and the point, of P-256 and of SM2. */
const POINT_AT = 26;

/** The custodian's methods, and what the vault tells them. */
type Custody = Methods & {
  /** The certificate's key is locked: so are the custodian's. */
  lockCustody(): void;
};

export function custodyMethods(holder: Holder): Custody {
  let remembered: string | undefined;
  const phrase = (given: string | undefined): string => given ?? remembered ?? fail("custody-locked");
  const open = (file: LockedKeyFile) => openKeyFile(file.text, phrase(file.passphrase));

  return {
    lockCustody() {
      remembered = undefined;
    },
    async unlockCustody(text, passphrase) {
      holder.ring();
      if (text !== null) await openKeyFile(text, passphrase);
      // The key may have been locked while the passphrase was tried.
      holder.ring();
      remembered = passphrase;
    },
    custodyUnlocked: async () => remembered !== undefined,
    async newKeyFile(passphrase, name = "intl") {
      await loadSuite(name);
      const { text, spki } = await newKeyFile(phrase(passphrase), undefined, suiteNamed(name));
      const known = publicOf(spki);
      return { ...known, text, name: `key-${known.id.slice(0, 8)}.kkey` };
    },
    async keyFilePublic(text) {
      await ready(text);
      return publicOf(keyFilePublic(text));
    },
    openKeyFile: async (file) => publicOf((await open(file)).spki),
    newAgentKey,
    async release(request, onSteps) {
      const terms = parseTerms(request.terms);
      const { project, lot } = terms.content;
      if (project !== request.project || lot !== request.lot) throw new CryptoFailure("terms-elsewhere");
      const checked = await release(
        {
          terms,
          view: request.accepted,
          judge: judgeBy(believed(request, holder.known()), readLists(request.lists)),
          now: request.now,
          key: await open(request.keyfile),
          rescued: request.rescued,
          ...(request.before ? { before: request.before } : {}),
        },
        onSteps,
      );
      if (checked.failure) throw new CryptoFailure(checked.failure.code, checked.failure.params);
      const { body, secrets, released, withheld } = checked.value;
      const place = { origin: terms.content.trust.origin, project };
      return { act: await holder.sign(place, body, secrets), released, withheld };
    },
    async rescue(request, onSteps) {
      const terms = parseTerms(request.terms);
      const { project, lot } = terms.content;
      if (project !== request.project || lot !== request.lot) throw new CryptoFailure("terms-elsewhere");
      const checked = await rescue(
        {
          terms,
          judge: judgeBy(believed(request, holder.known()), readLists(request.lists)),
          closing: request.closing,
          closingProof: request.closingProof ?? null,
          order: readAccepted(request.order),
          bid: request.bid,
          header: request.header.slice(),
          now: request.now,
          key: await open(request.keyfile),
        },
        onSteps,
      );
      if (checked.failure) throw new CryptoFailure(checked.failure.code, checked.failure.params);
      const place = { origin: terms.content.trust.origin, project };
      return holder.sign(place, checked.value.body, checked.value.secrets);
    },
    async auditStatements({ project, terms: text, closing, accepted, now }, onSteps) {
      const terms = parseTerms(text);
      if (terms.content.project !== project) throw new CryptoFailure("terms-elsewhere");
      const lists = accepted ? { accepted: accepted.accepted, consistency: accepted.consistency } : {};
      const checked = await auditStatements({ terms, closing, now, ...lists }, onSteps);
      if (checked.failure) throw new CryptoFailure(checked.failure.code, checked.failure.params);
      return checked.value;
    },
  };
}

function publicOf(spki: Bytes): KeyFilePublic {
  return { public: hex(spki), point: base64(spki.subarray(POINT_AT)), id: keyId(spki), suite: suiteOfKey(spki).name };
}

/** A key for the agent: it leaves the browser as a file, so this one is extractable. */
async function newAgentKey(): Promise<{ pem: string; public: string } | null> {
  try {
    const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const lines = base64(pkcs8).match(/.{1,64}/g) ?? [];
    pkcs8.fill(0);
    return { pem: ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n"), public: base64(raw) };
  } catch {
    return null;
  }
}
