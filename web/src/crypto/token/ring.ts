/** Keys that stay in a token, behind the token agent: what the vault asks of them. */
import { base64, equal, unbase64 } from "../bid/encoding";
import type { Header } from "../bid/header";
import type { SignedStatement } from "../bid/statements";
import type { Bytes } from "../bid/types";
import type { Hex, KeyInfo, UnlockRequest } from "../contract";
import { CryptoFailure } from "../failure";
import type { Keyring } from "../keys";
import { describe, isSelfIssued, parseCertificate, type Certificate } from "../x509";
import { asPaired, certificatesOf, type HeldCertificate, type Pairing, statusOf } from "./agent";

/** The keys' place: which agent, and which certificates. */
export interface TokenKeys {
  pairing: Pairing;
  /** The signing certificate, as the agent knows it. */
  certificate: Hex;
  /** SubjectPublicKeyInfo of the key that b is wrapped to, and its id. */
  spki: Bytes;
  key: Hex;
}

interface Read extends HeldCertificate {
  read: Certificate;
}

/** Certificates that may sign, for the person to choose from; the one that lasts longest first. */
export async function signingCertificates(pairing: Pairing): Promise<KeyInfo["signing"][]> {
  const { certificates } = await certificatesOf(pairing);
  return signers(readable(certificates)).map(({ read }) => describe(read));
}

/** The keyring of one signing certificate. b is wrapped to the encryption certificate of the same organisation, where there is a pair. */
export async function openToken(pairing: Pairing, wanted?: Hex): Promise<Keyring> {
  const [{ certificates, roots }, { label }] = await Promise.all([certificatesOf(pairing), statusOf(pairing)]);
  const all = readable(certificates);
  const signing = signers(all).find(({ certificate }) => wanted === undefined || certificate === wanted);
  if (!signing) throw new CryptoFailure(wanted === undefined ? "token-agent-no-signing" : "token-agent-no-such-certificate");
  const { algorithm } = signing;
  if (!isKnown(algorithm)) {
    throw new CryptoFailure("token-agent-algorithm", { algorithm: algorithm ?? "" });
  }
  const encryption = opener(all, signing);
  const own = roots.flatMap((der) => unbase64(der) ?? []).filter((der) => isSelfIssued(parseCertificate(der)));
  return {
    info: {
      provider: "token",
      label,
      signing: describe(signing.read),
      encryption: describe(encryption.read),
      chain: signing.chain,
      roots: own.map((der) => ({ digest: parseCertificate(der).digest, name: describe(parseCertificate(der)).person })),
    },
    signing: { algorithm, chain: signing.chain.flatMap((der) => unbase64(der) ?? []) },
    opening: [],
    encryption: encryption.read.der,
    roots: own,
    token: { pairing, certificate: signing.certificate, spki: encryption.read.spki.slice(), key: encryption.key ?? "" },
  };
}

/** What cannot be read spoils nothing but itself. */
function readable(certificates: HeldCertificate[]): Read[] {
  return certificates.flatMap((held) => {
    try {
      return [{ ...held, read: parseCertificate(unbase64(held.chain[0] ?? "") ?? new Uint8Array()) }];
    } catch {
      return [];
    }
  });
}

const signers = (all: Read[]): Read[] => all.filter(({ sign }) => sign).sort((a, b) => b.read.notAfter - a.read.notAfter);

/** Whether this page checks what the token signs by it. */
function isKnown(algorithm: string | null): algorithm is Keyring["signing"]["algorithm"] {
  return ["rsa-pkcs1-sha256", "ecdsa-p256-sha256", "sm2-sm3"].includes(algorithm ?? "");
}

/** In a pair, the encryption certificate is the one that may not sign; a token may hold pairs of both suites. */
function opener(all: Read[], signing: Read): Read {
  const code = describe(signing.read).organisationCode;
  const isSm2 = ({ read }: Read) => read.key === "sm2";
  const own = all.filter(({ open, read }) => open && describe(read).organisationCode === code && describe(read).encrypt);
  const alike = own.filter((it) => isSm2(it) === isSm2(signing));
  const opening = alike.length > 0 ? alike : own;
  opening.sort((a, b) => Number(a.sign) - Number(b.sign) || b.read.notAfter - a.read.notAfter);
  const alone = opening.find(({ sign }) => !sign);
  return alone ?? opening.find(({ certificate }) => certificate === signing.certificate) ?? signing;
}

/** Signs the bytes of a message; the agent reads them itself, and asks the person. */
export async function signByToken({ pairing, certificate }: TokenKeys, message: Bytes): Promise<Bytes> {
  const { value } = await asPaired<{ value: string }>(pairing, "sign", { certificate, message: base64(message) });
  return unbase64(value) ?? failed("signature");
}

/** A wrap opens and b is the committed one; b stays with the agent. */
export async function rehearseByToken({ pairing }: TokenKeys, header: Header): Promise<void> {
  await asPaired(pairing, "rehearse", { header: base64(header.bytes) });
}

/** b of a bid, once the agent has proved by itself what letting go of it rests on. */
export async function secretByToken({ pairing }: TokenKeys, request: UnlockRequest): Promise<Bytes> {
  const { closing, inclusion, proof, receipt } = request;
  const { secret } = await asPaired<{ secret: string }>(pairing, "unlock", {
    header: base64(request.header),
    terms: request.terms,
    closing: { closing: plain(closing), ...(inclusion ? { inclusion } : {}), ...(proof ? { proof } : {}) },
    receipt: plain(receipt ?? { body: "", signature: "" }),
  });
  return unbase64(secret) ?? failed("secret");
}

/** Opens the wrap of the page's own store on this device. */
export async function lockerByToken(
  { pairing, certificate, key, spki }: TokenKeys,
  wrapped: { spki: Bytes; value: Bytes },
): Promise<Bytes> {
  if (!equal(wrapped.spki, spki)) throw new CryptoFailure("wrap-other-key");
  const { secret } = await asPaired<{ secret: string }>(pairing, "locker", { certificate, key, value: base64(wrapped.value) });
  return unbase64(secret) ?? failed("secret");
}

/** The PIN is needed again; `forget` ends the pairing too. An agent that is gone is locked. */
export async function lockToken({ pairing }: TokenKeys, forget: boolean): Promise<void> {
  await asPaired(pairing, forget ? "forget" : "lock", {}).catch(() => undefined);
}

/** Statements travel with these members and no other; where they are signed twice the agent asks for both signatures. */
const plain = ({ body, signature, sm2_signature }: SignedStatement) => ({
  body,
  signature,
  ...(typeof sm2_signature === "string" ? { sm2_signature } : {}),
});

const failed = (reason: string): never => {
  throw new CryptoFailure("token-agent-token-failed", { reason });
};
