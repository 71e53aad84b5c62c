/** Dealing a secret to the custodians, and auditing it once the secret is known (docs/spec/sealed-bid.md, 10). */
import { Derivation, Role, type Dealt } from "./derive";
import { equal, hex, unhex } from "./encoding";
import { fail } from "./failure";
import { messageId, type Header, type Promised, type Wrap } from "./header";
import { keyId, wrapContext } from "./wrap";
import type { Bytes } from "./types";

export function derivationOf(promised: Promised): Derivation {
  return new Derivation(messageId(promised), promised.hctx, promised.suite);
}

/** One share to each custodian, its wrap and its commitment. */
export async function dealTo(
  promised: Pick<Promised, "context" | "hctx" | "suite">,
  derivation: Derivation,
  role: Role,
  secret: Bytes,
  custodians: Bytes[],
): Promise<{ dealt: Dealt[]; wraps: Wrap[] }> {
  const threshold = role === Role.release ? promised.context.release : promised.context.rescue;
  if (!threshold) return { dealt: [], wraps: [] };
  const dealt = derivation.deal(role, threshold.t, threshold.n, secret);
  const wraps = await Promise.all(
    dealt.map(async ({ x, share, ephemeral }) => {
      const spki = custodians[x - 1]!;
      const key = keyId(spki);
      const value = await promised.suite.wrapTo(spki, wrapContext(promised, role, x, key), share, ephemeral);
      return { key, kind: promised.suite.dealtKind, value };
    }),
  );
  return { dealt, wraps };
}

/**
 * Recomputes the dealing of r (or, for a rescue, of b). A difference is the
 * bidder's fault, whoever released. `custodians`: SPKI in the order of ctx.
 */
export async function audit(header: Header, role: Role, secret: Bytes, custodians: Bytes[]): Promise<void> {
  const ids = custodians.map(keyId);
  if (ids.join() !== header.context.custodians.join()) fail("other-custodians");
  const committed = role === Role.release ? header.commitments.release : header.commitments.rescue;
  const made = role === Role.release ? header.wraps.release : header.wraps.rescue;
  const { dealt, wraps } = await dealTo(header, derivationOf(header), role, secret, custodians);
  dealt.forEach(({ x, commitment }, at) => {
    if (!equal(commitment, unhex(committed[at]!, 32)!)) fail("dealing-commitment", { x });
    if (hex(wraps[at]!.value) !== hex(made[at]!.value)) fail("dealing-wrap", { x });
  });
}
