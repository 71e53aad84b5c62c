/** The table of key files that the command line reads too (crypto/vectors/key-files). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CryptoFailure } from "./failure";
import { openFiles, openKeys } from "./keyring";

interface Row {
  name: string;
  passphrase: string;
  file: string;
  outcome: string;
  signs?: boolean;
  chain?: number;
}

const rows = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../crypto/vectors/key-files/${name}.json`, import.meta.url), "utf8")) as Row[];
const table = [...rows("files"), ...rows("sm2")];

const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "opens",
    (error: unknown) => {
      if (error instanceof CryptoFailure) return error.code;
      throw error;
    },
  );

describe("a key file", () => {
  it.each(table.map((row) => [row.name, row] as const))("%s", async (name, row) => {
    const files = () => [{ name, bytes: Uint8Array.from(atob(row.file), (it) => it.charCodeAt(0)) }];
    expect(await outcome(openKeys(files(), row.passphrase))).toBe(row.outcome);
    if (row.outcome !== "opens") return;
    const ring = openFiles(files(), row.passphrase);
    expect(await outcome(ring)).toBe(row.signs ? "opens" : "certificate-wrong-usage");
    if (row.chain !== undefined) expect((await ring).signing.chain).toHaveLength(row.chain);
  });
});
