/** A failure with a stable code, thrown by everything under src/crypto and src/bids. */
import { CryptoFailure } from "./bid/failure";
import type { Failure } from "./contract";

export { CryptoFailure };
export type FailureParams = NonNullable<Failure["params"]>;

/** What was thrown, as a failure; what nobody foresaw is `unexpected`. */
export function failureOf(thrown: unknown): CryptoFailure {
  if (thrown instanceof CryptoFailure) return thrown;
  if (thrown instanceof DOMException && thrown.name === "QuotaExceededError") return new CryptoFailure("device-full");
  const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new CryptoFailure("unexpected", { reason });
}
