/**
 * Chinese first, English beside it. One file an area and language; a test
 * holds that both languages have the same keys.
 */
import { createI18n } from "vue-i18n";
import zh from "./zh-CN";

export type Language = "zh-CN" | "en";

const KEPT = "kaibiao.language";

export const i18n = createI18n({
  legacy: false,
  locale: "zh-CN" as Language,
  fallbackLocale: "zh-CN",
  messages: { "zh-CN": zh } as Record<string, typeof zh>,
});

/** Switches the page's language, and remembers it on this device. */
export async function speak(language: Language): Promise<void> {
  if (language === "en" && !i18n.global.availableLocales.includes("en")) {
    i18n.global.setLocaleMessage("en", (await import("./en")).default);
  }
  i18n.global.locale.value = language;
  document.documentElement.lang = language;
  localStorage.setItem(KEPT, language);
}

/** The language chosen last, or the browser's where it is English. */
export function preferred(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "zh-CN") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}

export function language(): Language {
  return i18n.global.locale.value as Language;
}
