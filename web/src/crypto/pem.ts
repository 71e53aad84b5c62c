/** PEM (RFC 7468): certificates and keys as text. */
import type { Bytes } from "./bid/types";
import * as asn1 from "./der";
import { CryptoFailure } from "./failure";
import { addKey, readShrouded, type Contents } from "./p12";
import { readPkcs1, readPkcs8, readSec1 } from "./pkcs8";

interface Block {
  label: string;
  der: Bytes;
  encrypted: boolean;
}

export function isPem(bytes: Bytes): boolean {
  return new TextDecoder("latin1").decode(bytes).includes("-----BEGIN ");
}

/** All keys and certificates of a PEM file. */
export async function readPem(bytes: Bytes, passphrase: string): Promise<Contents> {
  const found: Contents = { keys: [], certificates: [] };
  for (const block of blocks(bytes)) {
    if (block.encrypted) throw new CryptoFailure("pem-encrypted");
    switch (block.label) {
      case "CERTIFICATE":
      case "X509 CERTIFICATE":
      case "TRUSTED CERTIFICATE":
        found.certificates.push(block.der);
        break;
      case "PRIVATE KEY":
        addKey(found, () => readPkcs8(block.der));
        block.der.fill(0);
        break;
      case "RSA PRIVATE KEY":
        addKey(found, () => readPkcs1(block.der));
        block.der.fill(0);
        break;
      case "EC PRIVATE KEY":
      case "SM2 PRIVATE KEY":
        addKey(found, () => readSec1(block.der));
        block.der.fill(0);
        break;
      case "ENCRYPTED PRIVATE KEY":
        if (passphrase === "") throw new CryptoFailure("passphrase-needed");
        await readShrouded(asn1.read(block.der, "ber"), passphrase, found);
        break;
      default:
        break;
    }
  }
  return found;
}

/** The certificates of a PEM text, or the one of a DER file. */
export function readCertificates(bytes: Bytes): Bytes[] {
  if (!isPem(bytes)) return [bytes];
  return blocks(bytes)
    .filter((block) => block.label.endsWith("CERTIFICATE"))
    .map((block) => block.der);
}

function blocks(bytes: Bytes): Block[] {
  const text = new TextDecoder("latin1").decode(bytes);
  const found: Block[] = [];
  for (const match of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)) {
    const [, label = "", body = ""] = match;
    const encrypted = /^\s*Proc-Type:.*ENCRYPTED/m.test(body);
    found.push({ label, encrypted, der: encrypted ? new Uint8Array(0) : decoded(body) });
  }
  return found;
}

function decoded(body: string): Bytes {
  try {
    return Uint8Array.from(atob(body.replace(/\s+/g, "")), (character) => character.charCodeAt(0));
  } catch {
    throw new CryptoFailure("not-a-key-file");
  }
}
