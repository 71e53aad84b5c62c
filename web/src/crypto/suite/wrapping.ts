/**
 * Secrets of a person's own, wrapped to that person's key of either suite: for
 * what stays on this device. A bid's wraps are its suite's.
 */
import { concat, equal } from "../bid/encoding";
import { fail } from "../bid/failure";
import { random, type Bytes, type OpeningKey } from "../bid/types";
import { pointIn } from "./gm/certificates";
import { loadGm } from "./gm/module";
import { intl } from "./index";

const LENGTH = 32;

/** Wraps 32 bytes to a key, bound to a context. Of SM2 as docs/spec/suite-gm.md, 6, has kind `sm2`. Refusal: key-unusable. */
export async function wrapOwn(spki: Bytes, context: Bytes, secret: Bytes): Promise<Bytes> {
  const point = pointIn(spki);
  if (!point) return intl.wrapTo(spki, context, secret, random(LENGTH));
  const gm = await loadGm();
  return gm.sm2Encrypt(point, random(LENGTH), concat(secret, gm.sm3(context))) ?? fail("key-unusable");
}

/** Refusals: wrap-not-opened, wrap-not-bound. */
export async function unwrapOwn(own: OpeningKey, context: Bytes, value: Bytes): Promise<Bytes> {
  if (own.kind !== "sm2") return intl.unwrap(own, intl.wrapKind(own.spki), context, value);
  const gm = await loadGm();
  const opened = gm.sm2Decrypt(own.scalar, value, 2 * LENGTH) ?? fail("wrap-not-opened");
  if (!equal(opened.subarray(LENGTH), gm.sm3(context))) fail("wrap-not-bound");
  return opened.slice(0, LENGTH);
}
