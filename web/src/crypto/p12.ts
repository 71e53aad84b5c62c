/** PKCS #12 (RFC 7292): keys and certificates under one passphrase. */
import { concat } from "./bid/encoding";
import type { Bytes } from "./bid/types";
import * as asn1 from "./der";
import { TAG, type Asn1 } from "./der";
import { CryptoFailure } from "./failure";
import { decrypt, macHolds } from "./pbe";
import { readPkcs8, type RawKey } from "./pkcs8";

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
const BAG = {
  key: "1.2.840.113549.1.12.10.1.1",
  shroudedKey: "1.2.840.113549.1.12.10.1.2",
  certificate: "1.2.840.113549.1.12.10.1.3",
  contents: "1.2.840.113549.1.12.10.1.6",
} as const;
const X509 = "1.2.840.113549.1.9.22.1";

export interface Contents {
  keys: RawKey[];
  certificates: Bytes[];
  /** What the first key of a kind that is not used here was refused for. */
  unsuitable?: CryptoFailure;
}

/** Adds a key, unless it is of a kind that is not used here. */
export function addKey(found: Contents, read: () => RawKey): void {
  try {
    found.keys.push(read());
  } catch (error) {
    if (!(error instanceof CryptoFailure && error.code === "key-type")) throw error;
    found.unsuitable ??= error;
  }
}

/** Reads a whole file, after its MAC holds. */
export async function readP12(bytes: Bytes, passphrase: string): Promise<Contents> {
  const pfx = structure(bytes);
  const content = octets(asn1.child(pfx, 1, TAG.sequence));
  const macData = pfx.children[2];
  if (macData && !(await macHolds(macData, content, passphrase))) throw new CryptoFailure("passphrase-wrong");
  const found: Contents = { keys: [], certificates: [] };
  for (const part of asn1.read(content, "ber").children) await readPart(part, passphrase, found);
  return found;
}

function structure(bytes: Bytes): Asn1 {
  try {
    const pfx = asn1.expect(asn1.read(bytes, "ber"), TAG.sequence);
    if (asn1.integer(asn1.child(pfx, 0)) !== 3) throw new CryptoFailure("not-a-key-file");
    return pfx;
  } catch {
    throw new CryptoFailure("not-a-key-file");
  }
}

/** The octets of a ContentInfo of type data. */
function octets(info: Asn1): Bytes {
  if (asn1.oid(asn1.child(info, 0)) !== DATA) throw new CryptoFailure("key-encryption", { scheme: "public-key" });
  return asn1.child(asn1.child(info, 1, TAG.explicit(0)), 0, TAG.octetString).content;
}

async function readPart(part: Asn1, passphrase: string, found: Contents): Promise<void> {
  const type = asn1.oid(asn1.child(part, 0));
  if (type === DATA) return readSafe(asn1.read(octets(part), "ber"), passphrase, found);
  if (type !== ENCRYPTED_DATA) throw new CryptoFailure("key-encryption", { scheme: type });
  const encrypted = asn1.child(asn1.child(part, 1, TAG.explicit(0)), 0, TAG.sequence);
  const info = asn1.child(encrypted, 1, TAG.sequence);
  const plain = await decrypt(asn1.child(info, 1, TAG.sequence), implicitOctets(asn1.child(info, 2)), passphrase);
  await readSafe(parsed(plain), passphrase, found);
  plain.fill(0);
}

/** [0] IMPLICIT OCTET STRING, in one piece or in several. */
function implicitOctets(element: Asn1): Bytes {
  return element.tag === TAG.explicit(0) ? concat(...element.children.map((piece) => piece.content)) : element.content;
}

async function readSafe(safe: Asn1, passphrase: string, found: Contents): Promise<void> {
  for (const bag of safe.children) {
    const value = asn1.child(asn1.child(bag, 1, TAG.explicit(0)), 0);
    switch (asn1.oid(asn1.child(bag, 0))) {
      case BAG.key:
        addKey(found, () => readPkcs8(value.whole));
        break;
      case BAG.shroudedKey:
        await readShrouded(value, passphrase, found);
        break;
      case BAG.certificate:
        if (asn1.oid(asn1.child(value, 0)) === X509) {
          found.certificates.push(asn1.child(asn1.child(value, 1, TAG.explicit(0)), 0, TAG.octetString).content.slice());
        }
        break;
      case BAG.contents:
        await readSafe(value, passphrase, found);
        break;
      default:
        break;
    }
  }
}

/** EncryptedPrivateKeyInfo (RFC 5958). */
export async function readShrouded(value: Asn1, passphrase: string, found: Contents): Promise<void> {
  const plain = await decrypt(asn1.child(value, 0, TAG.sequence), asn1.child(value, 1, TAG.octetString).content, passphrase);
  try {
    parsed(plain);
    addKey(found, () => readPkcs8(plain));
  } finally {
    plain.fill(0);
  }
}

/** What does not parse after decryption was decrypted with a wrong passphrase. */
function parsed(plain: Bytes): Asn1 {
  try {
    return asn1.read(plain, "ber");
  } catch {
    throw new CryptoFailure("passphrase-wrong");
  }
}
