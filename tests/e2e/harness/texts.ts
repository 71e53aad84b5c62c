/** The page's own texts: what a person looks for on a screen is what the screen is written in. */
import en from "../../../web/src/i18n/en";
import zh from "../../../web/src/i18n/zh-CN";

export type Language = "zh-CN" | "en";

const TEXTS: Record<Language, unknown> = { "zh-CN": zh, en };

/** The text of a key, with what is filled in; without, `{…}` stands for anything. */
export function text(language: Language, key: string, filled: Record<string, string | number> = {}): string | RegExp {
  let found: unknown = TEXTS[language];
  for (const part of key.split(".")) found = (found as Record<string, unknown> | undefined)?.[part];
  if (typeof found !== "string") throw new Error(`there is no text ${key} in ${language}`);
  const whole = found.replaceAll(/\{(\w+)\}/g, (hole, name: string) => (name in filled ? String(filled[name]) : hole));
  if (!/\{\w+\}/.test(whole)) return whole;
  const escaped = whole.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&").replaceAll(/\{\w+\}/g, ".*");
  return new RegExp(escaped);
}
