/** Failures as they are kept with a bid: they outlive the page. */
import { Refused } from "@/api";
import { failureOf } from "@/crypto/failure";
import type { KeptFailure } from "./types";

export function keptFailure(error: unknown): KeptFailure {
  if (error instanceof Refused) {
    const { problem } = error;
    if (!problem) return { code: error.code };
    return { code: problem.code, zh: problem.detail_zh, en: problem.detail_en, ...(problem.params ? { params: problem.params } : {}) };
  }
  const { code, params } = failureOf(error);
  return { code, ...(params ? { params } : {}) };
}
