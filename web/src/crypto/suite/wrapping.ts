/**
 * Secrets of a person's own, wrapped to that person's key of either suite: for
 * what stays on this device. A bid's wraps are its suite's.
 */
import { random, type Bytes, type OpeningKey } from "../bid/types";
import { isOfGm } from "./gm/point";
import { loadSuite, type Suite, suiteOfKey } from "./index";

/**
 * Wraps 32 bytes to a key, bound to a context, as b is wrapped to a recipient: a token opens
 * nothing else (docs/spec/suite-gm.md, 6 and 8). Refusal: key-unusable.
 */
export async function wrapOwn(spki: Bytes, context: Bytes, secret: Bytes): Promise<Bytes> {
  return (await suiteFor(spki)).wrapFresh(spki, context, secret, random);
}

/** Refusals: wrap-not-opened, wrap-not-bound. */
export async function unwrapOwn(own: OpeningKey, context: Bytes, value: Bytes): Promise<Bytes> {
  const suite = await suiteFor(own.spki);
  return suite.unwrap(own, suite.wrapKind(own.spki), context, value);
}

async function suiteFor(spki: Bytes): Promise<Suite> {
  if (isOfGm(spki)) await loadSuite("gm");
  return suiteOfKey(spki);
}
