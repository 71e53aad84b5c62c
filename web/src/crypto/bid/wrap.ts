/** Wrapping one secret to one key, bound to its bid and place (docs/spec/sealed-bid.md, 11). */
import { intl as suite } from "../suite";
import { ENVELOPE, Role } from "./derive";
import { concat, hex, unhex, utf8 } from "./encoding";
import { sha256 } from "./hash";
import type { Promised } from "./header";
import type { Bytes, Hex } from "./types";

export const { wrapKind, wrapTo, unwrap } = suite;

/** key id */
export function keyId(spki: Uint8Array): Hex {
  return hex(sha256(spki));
}

/** wctx for one recipient: x counts from 1. */
export function wrapContext(promised: Pick<Promised, "context" | "hctx">, role: Role, x: number, key: Hex): Bytes {
  const { context } = promised;
  const [t, n] =
    role === Role.recipient
      ? [1, context.recipients.length]
      : role === Role.release
        ? [context.release.t, context.release.n]
        : [context.rescue?.t ?? 0, context.rescue?.n ?? 0];
  return concat(utf8("kaibiao/1 wrap"), Uint8Array.of(ENVELOPE, role, t, n, x), unhex(key, 32)!, promised.hctx);
}
