/** Both languages of the offline tool, and nothing of the other screens. */
import { createI18n } from "vue-i18n";
import enCommon from "@/i18n/en/common";
import enCrypto from "@/i18n/en/crypto";
import enKeys from "@/i18n/en/keys";
import enReceipt from "@/i18n/en/receipt";
import enTool from "@/i18n/en/tool";
import enVerify from "@/i18n/en/verify";
import zhCommon from "@/i18n/zh-CN/common";
import zhCrypto from "@/i18n/zh-CN/crypto";
import zhKeys from "@/i18n/zh-CN/keys";
import zhReceipt from "@/i18n/zh-CN/receipt";
import zhTool from "@/i18n/zh-CN/tool";
import zhVerify from "@/i18n/zh-CN/verify";

type Language = "zh-CN" | "en";
const KEPT = "kaibiao.language";

const zh = { common: zhCommon, keys: zhKeys, crypto: zhCrypto, receipt: zhReceipt, tool: zhTool, verify: zhVerify };
const en = { common: enCommon, keys: enKeys, crypto: enCrypto, receipt: enReceipt, tool: enTool, verify: enVerify };

export const i18n = createI18n({
  legacy: false,
  locale: preferred(),
  fallbackLocale: "zh-CN",
  messages: { "zh-CN": zh, en } as Record<string, typeof zh>,
});
told(preferred());

export function speak(language: Language): void {
  i18n.global.locale.value = language;
  told(language);
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // A page opened from a file may have nowhere to keep it.
  }
}

function told(language: Language): void {
  document.documentElement.lang = language;
  document.title = (language === "en" ? enTool : zhTool).offline.title;
}

function preferred(): Language {
  try {
    const kept = localStorage.getItem(KEPT);
    if (kept === "en" || kept === "zh-CN") return kept;
  } catch {
    // As above.
  }
  return navigator.language.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}
