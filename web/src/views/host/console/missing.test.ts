import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import zh from "@/i18n/zh-CN";
import { askedBefore, type Missing, type MissingKind, placeOf } from "./missing";
import { EXCEPTIONS, remarkBody, saysSomething } from "./remarks";

const read = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
const api = JSON.parse(read("../../../../openapi.json")) as {
  components: { schemas: Record<string, { enum?: string[]; oneOf?: { enum: string[] }[] }> };
};
/** The words of a closed list, as the API describes it. */
function words(name: string): string[] {
  const schema = api.components.schemas[name];
  return schema?.enum ?? schema?.oneOf?.flatMap((it) => it.enum) ?? [];
}

const missing = (what: MissingKind, change: Partial<Missing> = {}): Missing => ({
  what,
  count: 1,
  demanded: false,
  mendable: true,
  ...change,
});

it("has a place and words for everything that the server may find missing", () => {
  const kinds = words("MissingKind") as MissingKind[];
  expect(kinds.length).toBeGreaterThan(5);
  for (const what of kinds) {
    expect(placeOf(missing(what)), what).toBeDefined();
    expect(zh.host.console.missing, what).toHaveProperty([what]);
  }
});

it("leads nowhere for what can come no more", () => {
  expect(placeOf(missing("lines", { mendable: false }))).toBeUndefined();
});

it("asks about all before the close, and before objections end about who said nothing", () => {
  const all = [missing("record", { demanded: true }), missing("replies"), missing("lines"), missing("objections", { count: 3 })];
  expect(askedBefore("close", all)).toEqual(all);
  expect(askedBefore("close-objections", all).map((it) => it.what)).toEqual(["replies", "objections"]);
  expect(askedBefore("announce", all)).toEqual([]);
  expect(askedBefore("close", undefined)).toEqual([]);
});

it("offers every exception that there is, and each in words", () => {
  expect([...EXCEPTIONS].sort()).toEqual(words("LineException").sort());
  for (const it of EXCEPTIONS) expect(zh.stages.exceptions).toHaveProperty([it]);
});

it("sends a remark that says something, and leaves out what was not given", () => {
  expect(saysSomething("", " ")).toBe(false);
  expect(saysSomething("other", "")).toBe(false);
  expect(saysSomething("amounts-differ", "")).toBe(true);
  expect(remarkBody("1", "p", "", " 补记 ")).toEqual({ act: "remark-line", lot: "1", party: "p", text: "补记" });
  expect(remarkBody("1", "p", "incomplete", "")).toEqual({ act: "remark-line", lot: "1", party: "p", exception: "incomplete" });
});
