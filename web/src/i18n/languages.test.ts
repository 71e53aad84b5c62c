import { expect, it } from "vitest";
import en from "./en";
import zh from "./zh-CN";

function keys(messages: object, under = ""): string[] {
  return Object.entries(messages).flatMap(([name, value]) =>
    typeof value === "object" && value !== null ? keys(value, `${under}${name}.`) : [`${under}${name}`],
  );
}

it("says everything in both languages", () => {
  expect(keys(en).sort()).toEqual(keys(zh).sort());
});

it("keeps the same placeholders in both languages", () => {
  const placeholders = (text: unknown) => [...String(text).matchAll(/\{(\w+)\}/g)].map((it) => it[1]).sort();
  const flat = (messages: object, under = ""): [string, unknown][] =>
    Object.entries(messages).flatMap(([name, value]) =>
      typeof value === "object" && value !== null ? flat(value, `${under}${name}.`) : [[`${under}${name}`, value] as [string, unknown]],
    );
  const english = new Map(flat(en));
  for (const [key, text] of flat(zh)) expect([key, placeholders(english.get(key))]).toEqual([key, placeholders(text)]);
});

it("has one text for each failure and step, whichever area keeps it", () => {
  const kept = Object.values(zh).flatMap((area) => {
    const texts = area as { problems?: object; steps?: object };
    return [...keys(texts.problems ?? {}, "problems."), ...keys(texts.steps ?? {}, "steps.")];
  });
  expect(kept.filter((key, at) => kept.indexOf(key) !== at)).toEqual([]);
});
