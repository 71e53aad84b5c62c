import { afterEach, describe, expect, it } from "vitest";
import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";
import { i18n } from "@/i18n";
import en from "@/i18n/en";
import { type Diagnosis, diagnosisText } from "./diagnosis";
import DiagnosisLines from "./DiagnosisLines.vue";

const diagnosis: Diagnosis = {
  time: Date.UTC(2026, 10, 23, 1, 0, 5),
  lot: "1",
  stage: "unlocking",
  connection: "lost",
  online: true,
  clock: { offset: 4_000, error: 20 },
  browser: "Mozilla/5.0",
  secure: true,
  screen: "1366x768",
  bids: [
    {
      bid: "ab".repeat(32),
      state: "received",
      whole: false,
      received: Date.UTC(2026, 10, 22, 1, 0, 0),
      log: [{ time: Date.UTC(2026, 10, 23, 1, 0, 1), what: "failed", code: "wrap-other-key" }],
    },
  ],
};

async function lines(text: string): Promise<string[]> {
  const html = await renderToString(createSSRApp(DiagnosisLines, { text, label: "x" }).use(i18n));
  return html
    .split("<dt")
    .slice(1)
    .map((it) => `<dt${it}`.replace(/<[^>]+>/g, "|").replace(/\|+/g, "|"));
}

describe("a diagnosis", () => {
  afterEach(() => {
    i18n.global.locale.value = "zh-CN";
  });

  it("is read in the language of its reader, without key words", async () => {
    const text = diagnosisText(diagnosis);
    const chinese = await lines(text);
    expect(chinese).toContain("|环节|标段 1 解密|");
    expect(chinese).toContain("|本机时钟|慢 4000 毫秒（误差 20 毫秒以内）|");
    expect(chinese.at(-1)).toMatch(/^\|2026-11-23 09:00:01\|未成功：.*\(wrap-other-key\)\|$/);
    expect(chinese.filter((it) => /[a-z]{4}/i.test(it.split("|")[1] ?? "")).map((it) => it.split("|")[1])).toEqual(["安全连接（HTTPS）"]);
    i18n.global.setLocaleMessage("en", en as never);
    i18n.global.locale.value = "en";
    expect((await lines(text)).join("")).not.toMatch(/\p{Script=Han}/u);
  });

  it("keeps the last lines of a log that is too long to be sent", () => {
    const log = Array.from({ length: 2_000 }, (_, n) => ({ time: n, what: "failed", code: `code-${n}-${"x".repeat(40)}` }));
    const text = diagnosisText({ ...diagnosis, bids: [{ ...diagnosis.bids[0]!, log }] });
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(60_000);
    const kept = (JSON.parse(text) as Diagnosis).bids[0]!.log;
    expect(kept.at(-1)?.code).toMatch(/^code-1999/);
    expect(kept.length).toBeGreaterThan(400);
  });

  it("of another program is shown as it came", async () => {
    expect(await lines("浏览器: Chrome 120\n09:01:02 密钥不符")).toEqual(["|浏览器|Chrome 120|", "|2|09:01:02 密钥不符|"]);
  });
});
