/** Wrapping one secret to one key, bound to its bid and place (docs/spec/sealed-bid.md, 11). */
import { suiteOfKey } from "../suite";
import { ENVELOPE, Role } from "./derive";
import { concat, hex, unhex, utf8 } from "./encoding";
import type { Promised } from "./header";
import type { Bytes, Hex } from "./types";

/** key id: by the suite of the key, which is there already. */
export function keyId(spki: Uint8Array): Hex {
  return hex(suiteOfKey(spki).digest(spki));
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
