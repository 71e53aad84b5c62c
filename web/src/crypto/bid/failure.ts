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

/** Any error as a failure that may cross the worker's wall. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CryptoFailure) return error.params ? { code: error.code, params: error.params } : { code: error.code };
  if (error instanceof DOMException && error.name === "AbortError") return { code: "aborted" };
  const about = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: "unexpected", params: { about } };
}

/** Replaces any failure of `work` by one of a certain code. */
export async function failingAs<T>(code: string, work: () => Promise<T> | T, params?: Record<string, string | number>): Promise<T> {
  try {
    return await work();
  } catch {
    return fail(code, params);
  }
}
