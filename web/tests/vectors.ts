/** The committed vectors of crypto/vectors, as any implementation reads them. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { unbase64, unhex } from "@/crypto/bid/encoding";
import { CryptoFailure, type Bytes } from "@/crypto/bid";

const FOLDER = fileURLToPath(new URL("../../crypto/vectors/", import.meta.url));

export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(FOLDER + name, "utf8")) as T;
}

export function b64(text: string): Bytes {
  return (
    unbase64(text) ??
    (() => {
      throw new Error(`not base64: ${text}`);
    })()
  );
}

export function unhexed(text: string): Bytes {
  return (
    unhex(text) ??
    (() => {
      throw new Error(`not hex: ${text}`);
    })()
  );
}

/** The code of a refusal; any other error is a mistake of ours. */
export function codeOf(refusal: unknown): string {
  if (refusal instanceof CryptoFailure) return refusal.code;
  throw refusal;
}
