/**
 * Secrets of a person's own, wrapped to that person's key of either suite: for
 * what stays on this device. A bid's wraps are its suite's.
 */
import { random, type Bytes, type OpeningKey } from "../bid/types";
import { isOfGm } from "./gm/point";
import { intl, loadSuite, type Suite, suiteOfKey } from "./index";

/** Wraps 32 bytes to a key, bound to a context; to one of SM2 as docs/spec/suite-gm.md, 6, has kind `sm2`. Refusal: key-unusable. */
export async function wrapOwn(spki: Bytes, context: Bytes, secret: Bytes): Promise<Bytes> {
  return (await suiteFor(spki)).wrapTo(spki, context, secret, random(32));
}

/** Refusals: wrap-not-opened, wrap-not-bound. */
export async function unwrapOwn(own: OpeningKey, context: Bytes, value: Bytes): Promise<Bytes> {
  const suite = await suiteFor(own.spki);
  return suite.unwrap(own, suite === intl ? intl.wrapKind(own.spki) : suite.dealtKind, context, value);
}

async function suiteFor(spki: Bytes): Promise<Suite> {
  if (isOfGm(spki)) await loadSuite("gm");
  return suiteOfKey(spki);
}
