/** Key files that the real program makes, opened by the page. */
import "fake-indexeddb/auto";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createVault } from "@/crypto/vault";
import { ENVIRONMENT, PASSPHRASE, PROGRAM } from "./town";

const folder = mkdtempSync(join(tmpdir(), "kaibiao-keyfiles-"));
const bytes = (name: string) => new Uint8Array(readFileSync(join(folder, name)));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("key files made by the command line", () => {
  it.each([
    ["rsa-2048", []],
    ["p-256", []],
    ["rsa-2048", ["--pair"]],
    ["p-256", ["--pair"]],
  ])("opens %s %s", async (type, more) => {
    const run = (...args: string[]) =>
      execFileSync(PROGRAM, args, {
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...ENVIRONMENT, KAIBIAO_PASSPHRASE: PASSPHRASE },
      });
    if (!existsSync(join(folder, "pki"))) run("pki", "init", "pki", "--id", "demo");
    const name = `${type}${more.length}.p12`;
    run(
      "pki",
      "issue",
      "--ca",
      "pki",
      "--name",
      "甲公司",
      "--code",
      "91350100M000100Y43",
      "--person",
      "张三",
      "--key-type",
      type,
      ...more,
      "-o",
      name,
    );
    const vault = createVault();
    const info = await vault.open([{ name, bytes: bytes(name) }], PASSPHRASE);
    expect(info.signing.organisationCode).toBe("91350100M000100Y43");
    expect(info.encryption.encrypt).toBe(true);
    expect(info.encryption.digest === info.signing.digest).toBe(more.length === 0);
    await vault.selfTest();
  });
});
