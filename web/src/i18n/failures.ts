/** Texts of failures and steps, in whichever area keeps them. */
import type { Failure, Step } from "@/crypto/contract";
import { i18n } from ".";

const AREAS = ["keys", "crypto", "session", "bids", "tool", "token"];

/** What happened and what to do next; undefined when no area knows the code. */
export function failureText(failure: Failure): string | undefined {
  return found("problems", failure);
}

/** What a step does. */
export function stepText(step: Step): string {
  return found("steps", step) ?? step.code;
}

function found(
  kind: "problems" | "steps",
  { code, params }: { code: string; params?: Record<string, string | number> },
): string | undefined {
  const { t, te } = i18n.global as unknown as { t: (key: string, named: Record<string, unknown>) => string; te: (key: string) => boolean };
  const area = AREAS.find((name) => te(`${name}.${kind}.${code}`));
  if (!area) return undefined;
  // A reason that is itself a code is said in words too.
  const short = `crypto.reasons.${String(params?.["reason"])}`;
  return t(`${area}.${kind}.${code}`, te(short) ? { ...params, reason: t(short, {}) } : (params ?? {}));
}
