/** Key files: a key under a passphrase (docs/spec/sealed-bid.md, 12, and suite-gm.md, 9). */
import { argon2id } from "@noble/hashes/argon2.js";
import { intl, type KeyFileCipher, ready, type Suite, suiteOfKey } from "../suite";
import { NotCanonical, canonical, readCanonical } from "./canonical";
import { base64, concat, equal, hex, unhex, utf8 } from "./encoding";
import { CryptoFailure, fail } from "./failure";
import { MIN_PASSPHRASE, isLongEnough } from "./passphrase";
import { Misshapen, bytes, hexOf, integer, object, oneOf, read } from "./shape";
import { random as fresh, type Bytes, type OpeningKey, type Random } from "./types";

export interface NewKeyFile {
  /** The file's text. */
  text: string;
  spki: Bytes;
}

const FORMAT = "kaibiao/1 keyfile";
const COST = { m: 65536, p: 1, t: 3 } as const;

const FILE = object({
  argon2id: object({ m: integer(COST.m, COST.m), p: integer(COST.p, COST.p), salt: hexOf(16), t: integer(COST.t, COST.t) }),
  format: oneOf(FORMAT),
  public: bytes,
  sealed: bytes,
});

/** A fresh key of a suite under a passphrase that is long enough. Takes some seconds and 64 MiB. */
export async function newKeyFile(passphrase: string, random: Random = fresh, suite: Suite = intl): Promise<NewKeyFile> {
  let scalar = random(32);
  // All but one in 2^32 draws are below the order.
  while (!suite.isSecretKey(scalar)) scalar = random(32);
  const text = await sealKeyFile(suite, scalar, passphrase, random(16));
  const spki = suite.publicOf(scalar);
  scalar.fill(0);
  return { text, spki };
}

/** The public half, without the passphrase: all that sealing to it needs. Its suite is there already: `ready`. */
export function keyFilePublic(text: string | Uint8Array): Bytes {
  return parse(text).public;
}

/** Opens the private half. Refusals: keyfile-wrong, passphrase-wrong, keyfile-memory. */
export async function openKeyFile(text: string | Uint8Array, passphrase: string): Promise<OpeningKey> {
  const { scalar, spki } = await openScalar(text, passphrase);
  const key = await suiteOfKey(spki).openingKey(scalar, spki);
  scalar.fill(0);
  return key;
}

/** The private scalar itself, proved to belong to the file's public half. */
export async function openScalar(text: string | Uint8Array, passphrase: string): Promise<{ scalar: Bytes; spki: Bytes }> {
  await ready(text);
  const file = parse(text);
  const suite = suiteOfKey(file.public);
  const key = await stretch(suite, passphrase, unhex(file.argon2id.salt, 16)!);
  const scalar = (await key.open(aad(file.public), file.sealed)) ?? fail("passphrase-wrong");
  if (!suite.isSecretKey(scalar) || !equal(suite.publicOf(scalar), file.public)) fail("keyfile-wrong");
  return { scalar, spki: file.public };
}

/** A file's text for a scalar. */
async function sealKeyFile(suite: Suite, scalar: Bytes, passphrase: string, salt: Bytes): Promise<string> {
  if (!isLongEnough(passphrase)) fail("passphrase-too-short", { least: MIN_PASSPHRASE });
  const spki = suite.publicOf(scalar);
  const key = await stretch(suite, passphrase, salt);
  const sealed = await key.seal(aad(spki), scalar);
  return canonical({
    argon2id: { ...COST, salt: hex(salt) },
    format: FORMAT,
    public: base64(spki),
    sealed: base64(sealed),
  });
}

function parse(text: string | Uint8Array) {
  try {
    const file = read(FILE, readCanonical(text));
    const suite = suiteOfKey(file.public);
    if (suite.isCustodyKey(file.public) && file.sealed.length === suite.sealedScalar) return file;
  } catch (error) {
    if (!(error instanceof Misshapen || error instanceof NotCanonical)) throw error;
  }
  return fail("keyfile-wrong");
}

async function stretch(suite: Suite, passphrase: string, salt: Bytes): Promise<KeyFileCipher> {
  let key: Bytes;
  try {
    key = argon2id(utf8(passphrase.normalize("NFC")), salt, { ...COST, version: 0x13, dkLen: 32 }) as Bytes;
  } catch (error) {
    // The one thing that can fail is the allocation.
    if (error instanceof RangeError) throw new CryptoFailure("keyfile-memory");
    throw error;
  }
  return suite.keyFile(key);
}

function aad(spki: Bytes): Bytes {
  return concat(utf8(FORMAT), suiteOfKey(spki).digest(spki));
}
