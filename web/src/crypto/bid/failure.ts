import type { Failure } from "../contract";

/**
 * Why something was refused: a stable code of the specification, and what the
 * text `crypto.problems.<code>` needs. Every failure of this folder is one.
 */
export class CryptoFailure extends Error implements Failure {
  readonly code: string;
  readonly params: Record<string, string | number> | undefined;

  constructor(code: string, params?: Record<string, string | number>) {
    super(params ? `${code} ${JSON.stringify(params)}` : code);
    this.name = "CryptoFailure";
    this.code = code;
    this.params = params;
  }
}

export function fail(code: string, params?: Record<string, string | number>): never {
  throw new CryptoFailure(code, params);
}

/** Any error as plain data; what nobody foresaw is `unexpected`. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CryptoFailure) return error.params ? { code: error.code, params: error.params } : { code: error.code };
  return { code: "unexpected", params: { reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) } };
}
