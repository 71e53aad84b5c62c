/**
 * Encryption by passphrase as key files use it: PBES2 (RFC 8018), with SM4 and
 * HMAC-SM3 too (GM/T 0091), and the older schemes of PKCS #12 (RFC 7292,
 * appendix B and C).
 */
import { concat, equal, u32 } from "./bid/encoding";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import forge from "node-forge/lib/forge.js";
import "node-forge/lib/aes.js";
import "node-forge/lib/des.js";
import "node-forge/lib/rc2.js";
import type { Bytes } from "./bid/types";
import * as asn1 from "./der";
import { TAG, type Asn1 } from "./der";
import { CryptoFailure } from "./failure";
import { loadGm } from "./suite/gm/module";

/** A file may not keep the machine busy for ever. */
const MAX_ITERATIONS = 10_000_000;

/** The second of each is that of GM/T 0091, of the same structure. */
const PBES2 = ["1.2.840.113549.1.5.13", "1.2.156.10197.6.1.4.1.5.2"];
const PBKDF2 = ["1.2.840.113549.1.5.12", "1.2.156.10197.6.1.4.1.5.1"];
const PBMAC1 = ["1.2.840.113549.1.5.14", "1.2.156.10197.6.1.4.1.5.3"];

/** Those that WebCrypto has. */
type Sha = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";
type HashName = Sha | "SM3";

const HASHES = {
  "SHA-1": { hash: sha1, block: 64 },
  "SHA-256": { hash: sha256, block: 64 },
  "SHA-384": { hash: sha384, block: 128 },
  "SHA-512": { hash: sha512, block: 128 },
} as const;

/** A digest that is taken many times over. */
interface Digest {
  /** In bytes, of its blocks and of itself. */
  block: number;
  length: number;
  /** The digest of the digest of ... of some bytes. */
  of(bytes: Bytes, times: number): Bytes;
}

const DIGESTS: Record<string, HashName | undefined> = {
  "1.2.156.10197.1.401": "SM3",
  "1.2.156.10197.1.401.1": "SM3",
  "1.3.14.3.2.26": "SHA-1",
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};
const HMACS: Record<string, HashName | undefined> = {
  // Programs and standards do not agree on what HMAC-SM3 is called.
  "1.2.156.10197.1.401": "SM3",
  "1.2.156.10197.1.401.2": "SM3",
  "1.2.156.10197.1.401.3.1": "SM3",
  "1.2.840.113549.2.7": "SHA-1",
  "1.2.840.113549.2.9": "SHA-256",
  "1.2.840.113549.2.10": "SHA-384",
  "1.2.840.113549.2.11": "SHA-512",
};

type Cipher = { name: "AES-CBC" | "SM4-CBC" | "DES3" | "RC2"; key: number };

const CIPHERS: Record<string, Cipher | undefined> = {
  "2.16.840.1.101.3.4.1.2": { name: "AES-CBC", key: 16 },
  "2.16.840.1.101.3.4.1.22": { name: "AES-CBC", key: 24 },
  "2.16.840.1.101.3.4.1.42": { name: "AES-CBC", key: 32 },
  "1.2.840.113549.3.7": { name: "DES3", key: 24 },
  "1.2.156.10197.1.104.2": { name: "SM4-CBC", key: 16 },
};
const PKCS12_CIPHERS: Record<string, Cipher | undefined> = {
  "1.2.840.113549.1.12.1.3": { name: "DES3", key: 24 },
  "1.2.840.113549.1.12.1.4": { name: "DES3", key: 16 },
  "1.2.840.113549.1.12.1.5": { name: "RC2", key: 16 },
  "1.2.840.113549.1.12.1.6": { name: "RC2", key: 5 },
};

/** Decrypts by an AlgorithmIdentifier. A wrong passphrase shows in the padding, or later. */
export async function decrypt(algorithm: Asn1, data: Bytes, passphrase: string): Promise<Bytes> {
  const scheme = asn1.oid(asn1.child(algorithm, 0));
  if (PBES2.includes(scheme)) return decryptPbes2(asn1.child(algorithm, 1, TAG.sequence), data, passphrase);
  const cipher = PKCS12_CIPHERS[scheme];
  if (!cipher) throw new CryptoFailure("key-encryption", { scheme });
  const parameters = asn1.child(algorithm, 1, TAG.sequence);
  const salt = asn1.child(parameters, 0, TAG.octetString).content;
  const iterations = counted(asn1.child(parameters, 1));
  const password = bmp(passphrase);
  const key = derivePkcs12(sha("SHA-1"), password, salt, 1, iterations, cipher.key);
  const iv = derivePkcs12(sha("SHA-1"), password, salt, 2, iterations, 8);
  return decipher(cipher, key, iv, data);
}

async function decryptPbes2(parameters: Asn1, data: Bytes, passphrase: string): Promise<Bytes> {
  const encryption = asn1.child(parameters, 1, TAG.sequence);
  const type = asn1.oid(asn1.child(encryption, 0));
  const cipher = CIPHERS[type];
  if (!cipher) throw new CryptoFailure("key-encryption", { scheme: type });
  const iv = asn1.child(encryption, 1, TAG.octetString).content;
  const key = await derivePbkdf2(asn1.child(parameters, 0, TAG.sequence), passphrase, cipher.key);
  return decipher(cipher, key, iv, data);
}

async function derivePbkdf2(kdf: Asn1, passphrase: string, length: number): Promise<Bytes> {
  const scheme = asn1.oid(asn1.child(kdf, 0));
  if (!PBKDF2.includes(scheme)) throw new CryptoFailure("key-encryption", { scheme });
  const parameters = asn1.child(kdf, 1, TAG.sequence);
  const salt = asn1.child(parameters, 0, TAG.octetString).content;
  const iterations = counted(asn1.child(parameters, 1));
  const prf = parameters.children.find((element) => element.tag === TAG.sequence);
  const usual = scheme === PBKDF2[0] ? "1.2.840.113549.2.7" : "1.2.156.10197.1.401.2";
  const hmac = prf ? asn1.oid(asn1.child(prf, 0)) : usual;
  const hash = HMACS[hmac];
  if (!hash) throw new CryptoFailure("key-encryption", { scheme: hmac });
  if (hash === "SM3") return pbkdf2Sm3(new TextEncoder().encode(passphrase), salt, iterations, length);
  const base = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "PBKDF2", hash, salt, iterations }, base, length * 8));
}

/** RFC 8018, 5.2, with HMAC-SM3; no key here is longer than one block of it. */
async function pbkdf2Sm3(password: Bytes, salt: Bytes, iterations: number, length: number): Promise<Bytes> {
  const gm = await loadGm();
  let last = gm.hmac(password, salt, u32(1));
  const sum = [...last];
  for (let round = 1; round < iterations; round += 1) {
    last = gm.hmac(password, last);
    for (const [at, octet] of last.entries()) sum[at] = (sum[at] ?? 0) ^ octet;
  }
  password.fill(0);
  return Uint8Array.from(sum.slice(0, length));
}

async function decipher(cipher: Cipher, key: Bytes, iv: Bytes, data: Bytes): Promise<Bytes> {
  try {
    // WebCrypto is fast, but has neither AES-192 everywhere nor the old ciphers.
    if (cipher.name === "AES-CBC" && cipher.key !== 24) {
      const aes = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["decrypt"]);
      return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, aes, data));
    }
    if (cipher.name === "SM4-CBC") return unpadded((await loadGm()).sm4CbcDecrypt(key, iv, data));
    return decipherOld(cipher, key, iv, data);
  } catch (error) {
    if (error instanceof CryptoFailure) throw error;
    throw new CryptoFailure("passphrase-wrong");
  } finally {
    key.fill(0);
  }
}

/** Without the padding of PKCS #7. */
function unpadded(blocks: Bytes): Bytes {
  const count = blocks.at(-1) ?? 0;
  if (count < 1 || count > 16 || !blocks.subarray(-count).every((octet) => octet === count)) throw new CryptoFailure("passphrase-wrong");
  const plain = blocks.slice(0, -count);
  blocks.fill(0);
  return plain;
}

function decipherOld(cipher: Cipher, key: Bytes, iv: Bytes, data: Bytes): Bytes {
  const full = cipher.name === "DES3" && key.length === 16 ? concat(key, key.subarray(0, 8)) : key;
  const secret = binary(full);
  const worker =
    cipher.name === "RC2"
      ? forge.rc2.createDecryptionCipher(secret, cipher.key * 8)
      : cipher.name === "DES3"
        ? forge.des.createDecryptionCipher(secret)
        : forge.aes.createDecryptionCipher(secret);
  worker.start(binary(iv));
  worker.update(forge.util.createBuffer(binary(data)));
  if (!worker.finish()) throw new CryptoFailure("passphrase-wrong");
  return Uint8Array.from(worker.output.getBytes(), (character: string) => character.charCodeAt(0));
}

/** Whether a PKCS #12 file's MAC holds. */
export async function macHolds(macData: Asn1, content: Bytes, passphrase: string): Promise<boolean> {
  const info = asn1.child(macData, 0, TAG.sequence);
  const algorithm = asn1.child(info, 0, TAG.sequence);
  const told = asn1.child(info, 1, TAG.octetString).content;
  const scheme = asn1.oid(asn1.child(algorithm, 0));
  if (PBMAC1.includes(scheme)) return pbmac1Holds(asn1.child(algorithm, 1, TAG.sequence), content, told, passphrase);
  const hash = DIGESTS[scheme];
  if (!hash) throw new CryptoFailure("key-encryption", { scheme });
  const salt = asn1.child(macData, 1, TAG.octetString).content;
  const iterations = macData.children[2] ? counted(macData.children[2]) : 1;
  // An empty passphrase is written in two ways.
  const spellings = passphrase === "" ? [bmp(""), new Uint8Array(0)] : [bmp(passphrase)];
  const digest = await digestBy(hash);
  for (const password of spellings) {
    const key = derivePkcs12(digest, password, salt, 3, iterations, digest.length);
    if (await hmacHolds(hash, key, content, told)) return true;
  }
  return false;
}

async function pbmac1Holds(parameters: Asn1, content: Bytes, told: Bytes, passphrase: string): Promise<boolean> {
  const scheme = asn1.oid(asn1.child(asn1.child(parameters, 1, TAG.sequence), 0));
  const hash = HMACS[scheme];
  if (!hash) throw new CryptoFailure("key-encryption", { scheme });
  const key = await derivePbkdf2(asn1.child(parameters, 0, TAG.sequence), passphrase, (await digestBy(hash)).length);
  return hmacHolds(hash, key, content, told);
}

async function hmacHolds(hash: HashName, key: Bytes, content: Bytes, told: Bytes): Promise<boolean> {
  if (hash === "SM3") return equal((await loadGm()).hmac(key, content), told);
  const hmac = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["verify"]);
  return crypto.subtle.verify("HMAC", hmac, told, content);
}

/** What the rounds need of any of the digests. */
interface Rounds {
  _cloneInto(to: Rounds): Rounds;
  update(bytes: Uint8Array): Rounds;
  digestInto(bytes: Uint8Array): void;
}

/** RFC 7292, B.2: `id` 1 for a key, 2 for an IV, 3 for a MAC. */
function derivePkcs12(digest: Digest, password: Bytes, salt: Bytes, id: number, iterations: number, length: number): Bytes {
  const { block } = digest;
  const diversifier = new Uint8Array(block).fill(id);
  const input = concat(repeated(salt, block), repeated(password, block));
  const output = new Uint8Array(length);
  for (let at = 0; at < length; at += digest.length) {
    const made = digest.of(concat(diversifier, input), iterations);
    output.set(made.subarray(0, Math.min(made.length, length - at)), at);
    addTo(input, repeated(made, block).subarray(0, block), block);
  }
  return output;
}

async function digestBy(name: HashName): Promise<Digest> {
  if (name !== "SM3") return sha(name);
  const gm = await loadGm();
  const of = (bytes: Bytes, times: number): Bytes => {
    let made = gm.sm3(bytes);
    for (let round = 1; round < times; round += 1) made = gm.sm3(made);
    return made;
  };
  return { block: 64, length: 32, of };
}

function sha(name: Sha): Digest {
  const { hash, block } = HASHES[name];
  const of = (bytes: Bytes, times: number): Bytes => {
    const blank = hash.create() as unknown as Rounds;
    const state = hash.create() as unknown as Rounds;
    const made = hash(bytes);
    // One state for all rounds: there are hundreds of thousands of them.
    for (let round = 1; round < times; round += 1) blank._cloneInto(state).update(made).digestInto(made);
    return made as Bytes;
  };
  return { block, length: hash.outputLen, of };
}

/** Each block of `input` becomes itself + addend + 1, as big-endian numbers. */
function addTo(input: Bytes, addend: Bytes, block: number): void {
  for (let start = 0; start < input.length; start += block) {
    let carry = 1;
    for (let at = block - 1; at >= 0; at -= 1) {
      carry += (input[start + at] ?? 0) + (addend[at] ?? 0);
      input[start + at] = carry & 0xff;
      carry >>= 8;
    }
  }
}

function repeated(bytes: Bytes, block: number): Bytes {
  const length = block * Math.ceil(bytes.length / block);
  return Uint8Array.from({ length }, (_, index) => bytes[index % bytes.length] ?? 0);
}

function counted(element: Asn1): number {
  const iterations = asn1.integer(element);
  if (iterations < 1) throw new asn1.DerError("no rounds");
  if (iterations > MAX_ITERATIONS) throw new CryptoFailure("key-rounds", { rounds: iterations, most: MAX_ITERATIONS });
  return iterations;
}

/** UTF-16, big-endian, with a terminator: passphrases in PKCS #12. */
function bmp(passphrase: string): Bytes {
  const bytes = new Uint8Array(2 * passphrase.length + 2);
  for (let at = 0; at < passphrase.length; at += 1) new DataView(bytes.buffer).setUint16(2 * at, passphrase.charCodeAt(at));
  return bytes;
}

function binary(bytes: Bytes): string {
  let text = "";
  for (const octet of bytes) text += String.fromCharCode(octet);
  return text;
}
