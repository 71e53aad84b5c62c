/** Refusals of this folder: the one class of src/crypto, the codes of the specification. */
import { CryptoFailure, failureOf as failing } from "../failure";
import type { Failure } from "../contract";

export { CryptoFailure } from "../failure";

export function fail(code: string, params?: Record<string, string | number>): never {
  throw new CryptoFailure(code, params);
}

/** Any error as plain data. */
export function failureOf(error: unknown): Failure {
  const { code, params } = failing(error);
  return params ? { code, params } : { code };
}
