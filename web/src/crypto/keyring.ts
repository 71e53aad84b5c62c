/** Turns the files that a person chose into keys that can be used, and not taken out where the browser can hold them. */
import { base64, equal } from "./bid/encoding";
import type { Bytes, OpeningKey } from "./bid/types";
import type { CertificateInfo, KeyFile, KeyInfo } from "./contract";
import * as asn1 from "./der";
import { CryptoFailure } from "./failure";
import type { Keyring, PrivateHalf } from "./keys";
import { readP12, type Contents } from "./p12";
import { isPem, readCertificates, readPem } from "./pem";
import { importFor, wipe, type ImportedKey, type RawKey } from "./pkcs8";
import { describe, isSelfIssued, mayEncrypt, maySign, parseCertificate, type Certificate } from "./x509";

/** A key with the certificate that belongs to it. */
interface Pair {
  certificate: Certificate;
  imported: ImportedKey;
}

/** Reads .p12 and PEM files; a pair (双证书) may lie in one file or in two. */
export const openFiles = (files: KeyFile[], passphrase: string): Promise<Keyring> =>
  opened(files, passphrase, (found) => ring(found, files[0]?.name ?? ""));

/** The keys that open wraps: a file that holds the encryption certificate of a pair and nothing that signs will do. */
export const openKeys = (files: KeyFile[], passphrase: string): Promise<OpeningKey[]> =>
  opened(files, passphrase, async (found) => byUse((await pairsOf(found)).pairs).map(openingKey));

async function opened<T>(files: KeyFile[], passphrase: string, use: (found: Contents) => Promise<T>): Promise<T> {
  if (files.length === 0) throw new CryptoFailure("key-files-needed");
  const found: Contents = { keys: [], certificates: [] };
  try {
    for (const file of files) {
      const { keys, certificates, unsuitable } = await readFile(file, passphrase);
      found.keys.push(...keys);
      found.certificates.push(...certificates);
      if (unsuitable) found.unsuitable ??= unsuitable;
    }
    return await use(found);
  } finally {
    wipe(...found.keys);
  }
}

/** Certificates of a file that may be read by anybody: PEM or DER. */
export function certificatesOf(file: KeyFile): CertificateInfo[] {
  const found = readCertificates(file.bytes.slice());
  if (!found.length) throw new CryptoFailure("certificate-missing", { file: file.name });
  return found.map((der) => describe(parseCertificate(der)));
}

async function readFile(file: KeyFile, passphrase: string): Promise<Contents> {
  const bytes = file.bytes.slice();
  try {
    if (isPem(bytes)) return await readPem(bytes, passphrase);
    if (bytes[0] !== 0x30) throw new CryptoFailure("not-a-key-file");
    if (isCertificate(bytes)) return { keys: [], certificates: [bytes] };
    return await readP12(bytes, passphrase);
  } catch (error) {
    if (error instanceof CryptoFailure) throw new CryptoFailure(error.code, { file: file.name, ...error.params });
    if (error instanceof asn1.DerError) throw new CryptoFailure("not-a-key-file", { file: file.name });
    throw error;
  }
}

const isCertificate = (bytes: Bytes): boolean => readable(bytes) !== undefined;

/** Keys with their certificates, the one that lasts longest first. What cannot be read or used spoils nothing but itself. */
async function pairsOf(found: Contents): Promise<{ pairs: Pair[]; certificates: Certificate[] }> {
  if (found.keys.length === 0 && !found.unsuitable) throw new CryptoFailure("key-missing");
  if (found.certificates.length === 0) throw new CryptoFailure("certificate-missing");
  const certificates = found.certificates.flatMap((der) => readable(der) ?? []);
  if (certificates.length === 0) throw new CryptoFailure("certificate-malformed");
  const pairs = await pairUp(found.keys, certificates);
  if (pairs.length === 0) throw (found.keys.length === 0 && found.unsuitable) || new CryptoFailure("key-without-certificate");
  pairs.sort((a, b) => b.certificate.notAfter - a.certificate.notAfter);
  return { pairs, certificates };
}

function readable(der: Bytes): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch {
    return undefined;
  }
}

/** In a pair, the encryption certificate is the one that may not sign. */
const byUse = (pairs: Pair[]): Pair[] => [...pairs].sort((a, b) => rank(a.certificate) - rank(b.certificate));

async function ring(found: Contents, label: string): Promise<Keyring> {
  const { pairs, certificates } = await pairsOf(found);
  // Of several certificates that may sign, the one that lasts longest does.
  const signing = pairs.find(({ certificate }) => maySign(certificate));
  if (!signing) throw new CryptoFailure("certificate-wrong-usage", { use: "sign" });
  const opening = byUse(pairs);
  const chain = chainOf(signing.certificate, certificates);
  const encryption = opening[0] ?? signing;
  const roots = certificates.filter((certificate) => certificate.authority && isSelfIssued(certificate));
  const info: KeyInfo = {
    provider: "file",
    label,
    signing: describe(signing.certificate),
    encryption: describe(encryption.certificate),
    chain: chain.map(base64),
    roots: roots.map((root) => ({ digest: root.digest, name: describe(root).person })),
  };
  return {
    info,
    signing: { ...signingHalf(signing.imported), chain },
    opening: opening.map(openingKey),
    encryption: encryption.certificate.der,
    roots: roots.map(({ der }) => der),
  };
}

async function pairUp(keys: RawKey[], certificates: Certificate[]): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const raw of keys) {
    for (const certificate of certificates) {
      const imported = await importFor(raw, certificate);
      if (imported) pairs.push({ certificate, imported });
    }
  }
  return pairs;
}

function rank(certificate: Certificate): number {
  return (mayEncrypt(certificate) ? 0 : 2) + (maySign(certificate) ? 1 : 0);
}

function signingHalf(imported: ImportedKey): PrivateHalf {
  if (imported.kind === "sm2") return { algorithm: "sm2-sm3", scalar: imported.scalar };
  return { algorithm: imported.kind === "rsa" ? "rsa-pkcs1-sha256" : "ecdsa-p256-sha256", privateKey: imported.sign };
}

function openingKey({ certificate, imported }: Pair): OpeningKey {
  const spki = certificate.spki.slice();
  return imported.kind === "sm2" ? { kind: "sm2", spki, scalar: imported.scalar } : { kind: imported.kind, spki, key: imported.open };
}

/** The leaf, then each issuer found. The root is left out, because whoever judges the chain uses its own copy. */
function chainOf(leaf: Certificate, certificates: Certificate[]): Bytes[] {
  const chain = [leaf];
  for (let last: Certificate | undefined = leaf; last; ) {
    const below: Certificate = last;
    last = certificates.find(
      (candidate) =>
        candidate.authority && !chain.includes(candidate) && !isSelfIssued(candidate) && equal(candidate.subject, below.issuer),
    );
    if (last) chain.push(last);
  }
  return chain.map(({ der }) => der);
}
