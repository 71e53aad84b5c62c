/** Key files: a P-256 key under a passphrase (docs/spec/sealed-bid.md, 12). */
import type { Bytes, OpeningKey, Random } from "./types";

export interface NewKeyFile {
  /** The file's text. */
  text: string;
  spki: Bytes;
}

/** A fresh key under a passphrase of at least 8 characters. Takes some seconds and 64 MiB. */
export async function newKeyFile(passphrase: string, random?: Random): Promise<NewKeyFile> {
  void [passphrase, random];
  throw new Error("not yet");
}

/** The public half, without the passphrase: all that sealing to it needs. */
export function keyFilePublic(text: string): Bytes {
  void text;
  throw new Error("not yet");
}

/** Opens the private half. Refusals: keyfile-wrong, passphrase-wrong, keyfile-memory. */
export async function openKeyFile(text: string, passphrase: string): Promise<OpeningKey> {
  void [text, passphrase];
  throw new Error("not yet");
}
