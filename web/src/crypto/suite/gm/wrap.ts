/** Wraps to keys of SM2 (docs/spec/suite-gm.md, 6), of `secret || H(wctx)`. */
import { concat, equal } from "../../bid/encoding";
import { fail } from "../../bid/failure";
import type { Bytes, Random } from "../../bid/types";
import type { WrapForm, WrapKind } from "..";
import type { Gm } from "./module";
import { pointIn } from "./point";

const BLOCK = 16;
/** secret || H(wctx) */
const BOUND = 64;
/** iv, and the blocks under the key. */
const FRONT = BLOCK + BOUND;

const within = (least: number, most: number) => (length: number) => length >= least && length <= most;

export const DEALT: WrapForm = { fits: within(108, 173), recipients: false, custodians: true };
export const FRESH: WrapForm = { fits: within(140, 204), recipients: true, custodians: false };

/** `sm2-sm4-cbc`: what a token can open. */
export function wrapFresh(gm: Gm, spki: Bytes, wctx: Bytes, secret: Bytes, random: Random): Bytes {
  const [key, iv, ikm] = [random(BLOCK), random(BLOCK), random(32)];
  const bound = concat(secret, gm.sm3(wctx));
  const sealed = encrypt(gm, spki, ikm, key);
  const value = concat(iv, gm.sm4CbcEncrypt(key, iv, bound), sealed);
  for (const bytes of [key, ikm, bound]) bytes.fill(0);
  return value;
}

/** `sm2`: can be made again from `ikm`. */
export function wrapDealt(gm: Gm, spki: Bytes, wctx: Bytes, secret: Bytes, ikm: Bytes): Bytes {
  const bound = concat(secret, gm.sm3(wctx));
  const value = encrypt(gm, spki, ikm, bound);
  bound.fill(0);
  return value;
}

export function open(gm: Gm, scalar: Bytes, kind: WrapKind, wctx: Bytes, value: Bytes): Bytes {
  const bound = kind === "sm2" ? gm.sm2Decrypt(scalar, value, BOUND) : kind === "sm2-sm4-cbc" ? decrypted(gm, scalar, value) : undefined;
  if (!bound) return fail("wrap-not-opened");
  if (!equal(bound.subarray(32), gm.sm3(wctx))) fail("wrap-not-bound");
  const secret = bound.slice(0, 32);
  bound.fill(0);
  return secret;
}

function decrypted(gm: Gm, scalar: Bytes, value: Bytes): Bytes | undefined {
  if (value.length < FRONT) return undefined;
  const key = gm.sm2Decrypt(scalar, value.subarray(FRONT), BLOCK);
  const bound = key && gm.sm4CbcDecrypt(key, value.subarray(0, BLOCK), value.subarray(BLOCK, FRONT));
  key?.fill(0);
  return bound;
}

function encrypt(gm: Gm, spki: Bytes, ikm: Bytes, secret: Bytes): Bytes {
  const point = pointIn(spki);
  return (point && gm.sm2Encrypt(point, ikm, secret)) ?? fail("key-unusable");
}
