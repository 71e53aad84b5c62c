/** A failure with a stable code, thrown by everything under src/crypto and src/bids. */
import type { Failure } from "./contract";

export type FailureParams = NonNullable<Failure["params"]>;

export class CryptoFailure extends Error implements Failure {
  readonly code: string;
  readonly params: FailureParams | undefined;

  constructor(code: string, params?: FailureParams) {
    super(params ? `${code} ${JSON.stringify(params)}` : code);
    this.name = "CryptoFailure";
    this.code = code;
    this.params = params;
  }
}

/** What was thrown, as a failure; what nobody foresaw is `unexpected`. */
export function failureOf(thrown: unknown): CryptoFailure {
  if (thrown instanceof CryptoFailure) return thrown;
  if (thrown instanceof DOMException && thrown.name === "QuotaExceededError") return new CryptoFailure("device-full");
  const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new CryptoFailure("unexpected", { reason });
}
