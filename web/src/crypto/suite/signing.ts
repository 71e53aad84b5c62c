/**
 * Who has signed: the suite follows from the key, since people of either sign in
 * projects of both (docs/spec/signatures.md, 2; docs/spec/suite-gm.md, 7).
 */
import { fail } from "../bid/failure";
import type { Bytes } from "../bid/types";
import type { ActSignature } from "../contract";
import { loadGm } from "./gm/module";
import { pointIn } from "./gm/point";
import { intl, type VerifyingKey } from "./index";

/** Refusals: signature-wrong-algorithm, signature-form, signature-invalid, ed25519-missing, suite-unavailable. */
export async function verify(key: VerifyingKey, algorithm: ActSignature["algorithm"], value: Bytes, bytes: Bytes): Promise<void> {
  const point = key.kind === "spki" ? pointIn(key.spki) : undefined;
  if (!point) {
    if (algorithm === "sm2-sm3") fail("signature-wrong-algorithm");
    return intl.verify(key, algorithm, value, bytes);
  }
  if (algorithm !== "sm2-sm3") fail("signature-wrong-algorithm");
  const found = (await loadGm()).sm2Verify(point, bytes, value);
  if (found !== "valid") fail(`signature-${found}`);
}
