// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CHECKS, verifyBundle } from "@/crypto/bundle";
import type { BundleFiles } from "@/crypto/contract";
import en from "@/i18n/en/verify";
import zh from "@/i18n/zh-CN/verify";
import { all, button, choose, fill, leaveAll, mounted, press, say, settled, words } from "../../../tests/mounted";
import CheckBundle from "./CheckBundle.vue";
import { certificatesIn, projectOf } from "./own";

// The vault's own function, without its worker.
const vault = vi.hoisted(() => ({ verifyBundle: vi.fn() }));
vi.mock("@/crypto/client", () => ({ vault: () => vault }));

const FOLDER = resolve(import.meta.dirname, "../../../../crypto/vectors/bundle");
const bytes = (name: string) => new Uint8Array(readFileSync(resolve(FOLDER, name)));
const file = (name: string) => new File([bytes(name)], name);
const policy = (name: string) => new TextDecoder().decode(bytes(`${name}.policy.json`));

async function until(text: string): Promise<void> {
  for (let turn = 0; turn < 400 && !words().includes(text); turn += 1) {
    await new Promise((done) => setTimeout(done, 10));
    await settled();
  }
  expect(words()).toContain(text);
}

beforeEach(() => {
  vault.verifyBundle.mockReset().mockImplementation(async ({ bundle, ...by }: BundleFiles, onCheck) => {
    return verifyBundle({ ...by, bundle: new Uint8Array(await bundle.arrayBuffer()) }, onCheck);
  });
});
afterEach(leaveAll);

it("says of a bundle what it proves, and what it leaves to the other verifier", async () => {
  await mounted(CheckBundle);
  await choose(say("verify.file"), file("plain.supervisor.kev"));
  expect(button(say("verify.check"))?.disabled).toBe(true);
  await fill(say("verify.policyText"), policy("plain"));
  await press(say("verify.check"));
  await until(say("verify.verdictHolds"));
  expect(words()).toContain(say("verify.replay"));
  expect(words()).toContain(say("verify.why.rules"));
  expect(words()).toContain(`${say("verify.found.bid-unopened")} ${say("stages.outcome.unreadable")}`);
  const finding = [say("verify.found.finding-made"), say("stages.finding.forfeited"), say("stages.rule.content_fails")];
  expect(words()).toContain(finding.join(" "));
  expect(words()).toContain("01a223f5-370d-7255-bce6-690a915aa611");
});

it("takes a policy from a file, and says of another platform's bundle that it does not hold", async () => {
  await mounted(CheckBundle);
  await choose(say("verify.file"), file("plain.kev"));
  await choose(say("verify.policyFile"), file("masked.policy.json"));
  await until(say("verify.believed", { origin: JSON.parse(policy("masked")).origin }));
  await press(say("verify.check"));
  await until(say("verify.verdictFails"));
  expect(all("[role=alert]").length).toBe(1);
});

it("says of what is no bundle that it is none, and of what is no policy likewise", async () => {
  await mounted(CheckBundle);
  await choose(say("verify.file"), new File([bytes("plain.kev").slice(1)], "cut.kev"));
  await fill(say("verify.policyText"), policy("plain"));
  await press(say("verify.check"));
  await until(say("verify.unreadable", { at: "bundle" }));
  await fill(say("verify.policyText"), "{}");
  expect(words()).not.toContain(say("verify.unreadable", { at: "bundle" }));
  await press(say("verify.check"));
  await until(say("verify.unreadablePolicy", { at: ".format" }));
});

it("says nothing of a bundle by what was found of the one before", async () => {
  await mounted(CheckBundle);
  await choose(say("verify.file"), file("plain.supervisor.kev"));
  await fill(say("verify.policyText"), policy("plain"));
  await press(say("verify.check"));
  await until(say("verify.verdictHolds"));
  await choose(say("verify.file"), file("masked.kev"));
  expect(words()).not.toContain(say("verify.verdictHolds"));
});

it("finds a bundle's project without reading all of it, and certificates in either form", async () => {
  expect(await projectOf(file("plain.kev"))).toBe("01a223f5-370d-7255-bce6-690a915aa611");
  await expect(projectOf(new File(["PK"], "x"))).rejects.toMatchObject({ code: "bundle-form" });
  const der = Uint8Array.of(0x30, 1, 2);
  const pem = `-----BEGIN CERTIFICATE-----\n${btoa(String.fromCharCode(...der))}\n-----END CERTIFICATE-----\n`;
  expect(certificatesIn(new TextEncoder().encode(pem + pem))).toEqual([der, der]);
  expect(certificatesIn(der)).toEqual([der]);
});

it("has words for every check, and for every code of the specification's table", () => {
  const page = readFileSync(resolve(FOLDER, "../../../docs/spec/bundle.md"), "utf8");
  const [table = ""] = (page.split("| check | asks | codes |")[1] ?? "").split("\n\n");
  const codes = table
    .split("\n")
    .flatMap((row) => [...(row.split("|")[3] ?? "").matchAll(/`([a-z-]+)`/g)].map(([, code]) => code as string));
  expect(codes.length).toBeGreaterThan(40);
  for (const texts of [zh, en]) {
    for (const check of [...CHECKS, "receipt"]) expect(Object.keys(texts.checks)).toContain(check);
    for (const code of codes) expect(code in texts.codes || (code.split("-")[0] as string) in texts.families, code).toBe(true);
  }
});
