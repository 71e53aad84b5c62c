/** Every refusal and step of the sealed bid has its text, in both languages. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { failureText } from "@/i18n/failures";
import zh from "@/i18n/zh-CN/crypto";
import en from "@/i18n/en/crypto";
import zhStages from "@/i18n/zh-CN/stages";

const FOLDER = fileURLToPath(new URL("../src/crypto/bid/", import.meta.url));
const sources = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(FOLDER + name, "utf8"))
  .join("\n");

function found(form: RegExp): string[] {
  return [...new Set([...sources.matchAll(form)].map((match) => match[1]!))];
}

describe("the texts of the sealed bid", () => {
  it("tell what every refusal means", () => {
    // Codes of certificates belong to whoever judges them.
    const codes = found(/(?:fail|CryptoFailure)\(\s*"([a-z0-9-]+)"/g).filter((code) => !code.startsWith("certificate-"));
    expect(codes.length).toBeGreaterThan(60);
    expect(codes.filter((code) => !(code in zh.problems))).toEqual([]);
    const names = found(/return "(name-[a-z-]+)"/g);
    expect(names.filter((code) => !(code in zh.problems))).toEqual([]);
  });

  it("say in a few words why a signature was not believed", () => {
    // Why a custodian gives no share is told with the course of the stages; a cause
    // says more than that something was not proved.
    const reasons = found(/reason: "([a-z-]+)"(?!(?:;|,) cause)/g);
    expect(reasons.length).toBeGreaterThan(3);
    expect(reasons.filter((code) => !(code in zh.reasons || code in zhStages.withheld))).toEqual([]);
    expect(failureText({ code: "terms-custodian", params: { name: "甲", reason: "certificate-expired" } })).toContain("（证书已过期）");
    expect(failureText({ code: "terms-custodian", params: { name: "甲", reason: "x-y" } })).toContain("（x-y）");
  });

  it("say of every fault of a certificate what it is", () => {
    const judging = ["trust", "revocation", "x509", "rules"];
    const files = judging.map((name) => readFileSync(fileURLToPath(new URL(`../src/crypto/${name}.ts`, import.meta.url)), "utf8"));
    const codes = new Set([...files.join("\n").matchAll(/"(certificate-[a-z-]+[a-z])"/g)].map((match) => match[1]!));
    expect(codes.size).toBeGreaterThan(12);
    expect([...codes].filter((code) => !(code in zh.reasons))).toEqual([]);
  });

  it("name every step", () => {
    const codes = found(/"((?:unlock|release|rescue|audit|self)-[a-z]+)"/g).filter((code) => !(code in zh.problems));
    expect(codes.length).toBeGreaterThan(25);
    expect(codes.filter((code) => !(code in zh.steps || code in zhStages.withheld))).toEqual([]);
  });

  it("have the same keys and the same numbers in both languages", () => {
    const leaves = (texts: object, path = ""): [string, string][] =>
      Object.entries(texts).flatMap(([key, value]) =>
        typeof value === "string" ? [[`${path}${key}`, value] as [string, string]] : leaves(value as object, `${path}${key}.`),
      );
    const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
    const english = new Map(leaves(en));
    for (const [key, text] of leaves(zh)) expect(holes(english.get(key) ?? ""), key).toEqual(holes(text));
    expect([...english.keys()]).toEqual(leaves(zh).map(([key]) => key));
  });
});
