/** Remaining time says that it remains, and nowhere passes for a time of day. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import en from "@/i18n/en";
import zh from "@/i18n/zh-CN";

const SOURCES = fileURLToPath(new URL("../", import.meta.url));

/** The texts of a key; where its end is filled in, of all that it may be. */
function textsOf(messages: unknown, key: string): string[] {
  let found: unknown = messages;
  for (const part of key.replace(/\.\$.*/, "").split(".")) found = (found as Record<string, unknown> | undefined)?.[part];
  if (typeof found === "string") return [found];
  return Object.values((found ?? {}) as Record<string, string>);
}

it("is said of every count-down in both languages", () => {
  const labels = new Set<string>();
  for (const name of readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((it) => it.endsWith(".vue"))) {
    const source = readFileSync(SOURCES + name, "utf8");
    for (const [countdown] of source.matchAll(/<Countdown\b[\s\S]*?\/>/g)) {
      const label = /:label="([^"]*)"/.exec(countdown)?.[1] ?? "";
      for (const [, key] of label.matchAll(/['`]([a-z]\w+(?:\.[\w${}.]+)+)['`]/gi)) labels.add(key as string);
    }
    // A clock that a view composes.
    if (source.includes("<Countdown"))
      for (const [, key] of source.matchAll(/label: t\(["`](hall\.clock\.[\w.]+)/g)) labels.add(key as string);
  }
  expect(labels.size).toBeGreaterThan(10);
  const texts = (messages: unknown) => [...labels].flatMap((key) => textsOf(messages, key));
  expect(texts(zh).length).toBeGreaterThan(labels.size);
  expect(texts(zh).filter((text) => !/剩余|^距/.test(text))).toEqual([]);
  expect(texts(en).filter((text) => !/\bleft\b|\buntil\b|\bin$/i.test(text))).toEqual([]);
});
