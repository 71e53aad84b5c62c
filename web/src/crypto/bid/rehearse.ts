/** Opening one's own wrap (docs/spec/sealed-bid.md, 11 and 15). */
import { loadSuite } from "../suite";
import { derivationOf } from "./deal";
import { Role } from "./derive";
import { equal, unhex } from "./encoding";
import { CryptoFailure, fail } from "./failure";
import type { Header } from "./header";
import type { Bytes, Hex, OpeningKey } from "./types";
import { keyId, wrapContext } from "./wrap";

/** Tries the keys in turn: a wrap opens and b is the committed one. Gives the key's place in the list. */
export async function rehearse(header: Header, keys: OpeningKey[]): Promise<{ key: number }> {
  const { b, key } = await tryKeys(header, keys);
  b.fill(0);
  return { key };
}

/** b, only under a header that one of the bidder's own submit acts names (`submitted`: that act's `bid`). */
export async function secretOf(header: Header, keys: OpeningKey[], submitted: Hex): Promise<Bytes> {
  if (header.bid !== submitted) fail("other-bid");
  return (await tryKeys(header, keys)).b;
}

/** A custodian's own share, the committed one, and its x. */
export async function shareOf(header: Header, role: Role, key: OpeningKey): Promise<{ x: number; share: Bytes }> {
  const { x, secret } = await unwrapOwn(header, role, key);
  checkShare(header, role, x, secret);
  return { x, share: secret };
}

/** Checks b against KB. */
export function checkB(header: Header, b: Bytes): void {
  if (!equal(derivationOf(header).commitB(b), unhex(header.commitments.b, 32)!)) fail("secret-mismatch");
}

/** Checks a share against KS. */
export function checkShare(header: Header, role: Role, x: number, share: Bytes): void {
  const committed = (role === Role.release ? header.commitments.release : header.commitments.rescue)[x - 1];
  if (!committed || !equal(derivationOf(header).commitShare(role, x, share), unhex(committed, 32)!)) fail("share-mismatch", { x });
}

async function tryKeys(header: Header, keys: OpeningKey[]): Promise<{ b: Bytes; key: number }> {
  let last = new CryptoFailure("wrap-other-key");
  for (const [index, key] of keys.entries()) {
    try {
      const { secret } = await unwrapOwn(header, Role.recipient, key);
      checkB(header, secret);
      return { b: secret, key: index };
    } catch (error) {
      if (!(error instanceof CryptoFailure)) throw error;
      if (error.code !== "wrap-other-key") last = error;
    }
  }
  throw last;
}

/** What one's own wrap holds, and its place: whether or not it is what was committed. */
export async function unwrapOwn(header: Header, role: Role, key: OpeningKey): Promise<{ x: number; secret: Bytes }> {
  const wraps = [header.wraps.recipients, header.wraps.release, header.wraps.rescue][role]!;
  if (key.kind === "sm2") await loadSuite("gm");
  const id = keyId(key.spki);
  const at = wraps.findIndex((wrap) => wrap.key === id);
  if (at < 0) fail("wrap-other-key");
  const wrap = wraps[at]!;
  const secret = await header.suite.unwrap(key, wrap.kind, wrapContext(header, role, at + 1, id), wrap.value);
  if (secret.length !== 32) fail("wrap-not-opened");
  return { x: at + 1, secret };
}
