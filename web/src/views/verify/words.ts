/** What is told of a bundle, in words. */
import type { Found, MadeCheck } from "@/crypto/bundle";

type Translate = (key: string, params?: Record<string, unknown>) => string;

/** Why a bundle or a policy cannot be read; nothing of other failures. */
export function unreadable(t: Translate, error: unknown): string | undefined {
  const { code, params } = (error ?? {}) as { code?: string; params?: Record<string, unknown> };
  const at = String(params?.["at"] ?? "");
  if (code === "bundle-form") return t("verify.unreadable", { at });
  if (code === "bundle-large") return t("verify.unreadableLarge", { at });
  return code === "policy-unreadable" ? t("verify.unreadablePolicy", { at }) : undefined;
}

/** The platform that a policy names, so that its reader sees whom it is about. */
export function originOf(policy: string): string | undefined {
  try {
    const { origin } = JSON.parse(policy) as { origin?: unknown };
    return typeof origin === "string" ? origin : undefined;
  } catch {
    return undefined;
  }
}

/** How an outcome is called: the key of `verify.outcome`. */
export function outcomeKey({ check, outcome, elsewhere }: MadeCheck): string {
  if (elsewhere === "all") return "elsewhere";
  return check === "receipt" && outcome === "not-asked" ? "foreign" : outcome;
}

/** What a fault's code means, by itself or by its family. */
export function meaningOf(t: Translate, te: (key: string) => boolean, code: string): string {
  if (te(`verify.codes.${code}`)) return t(`verify.codes.${code}`);
  if (te(`crypto.problems.${code}`)) return t(`crypto.problems.${code}`);
  const family = `verify.families.${code.split("-")[0]}`;
  return te(family) ? t(family) : t("verify.other");
}

/** Where the words for what the events say stand, in the order in which they are looked for. */
const SAID = ["stages.finding", "stages.outcome", "stages.rule", "stages.fault"];

/** What the events say of somebody: words of the formats, each by what the stages call it. */
export function saidOf(t: Translate, te: (key: string) => boolean, { what, value }: Found): string {
  const words = (value ?? "").split(" ").map((word) => {
    const key = SAID.map((place) => `${place}.${word}`).find((key) => /[a-z]/.test(word) && te(key));
    return key ? t(key) : word;
  });
  return [t(`verify.found.${what}`), ...words].join(" ").trim();
}

/** Why a check was not made, or what of it is made elsewhere. */
export function whyOf(t: Translate, { check, code, outcome, elsewhere }: MadeCheck): string | undefined {
  if (elsewhere) return t(`verify.why.${check}`);
  if (code === "receipt-foreign") return t("verify.why.receipt-foreign");
  return outcome === "not-made" || outcome === "not-asked" ? t(`verify.why.${outcome}`) : undefined;
}
