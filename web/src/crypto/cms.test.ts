import { execFileSync } from "node:child_process";
import { createPrivateKey, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { base64, hex, unbase64 } from "./bid/encoding";
import { lowS } from "./bid/act";
import type { Bytes } from "./bid/types";
import { detached } from "./cms";
import { loadGm } from "./suite/gm/module";

const folder = mkdtempSync(join(tmpdir(), "cms-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Vector {
  name: string;
  key?: string;
  chain?: string[];
  content: string;
  message: string;
  now: number;
  signing_time?: number;
  cas: { root: string }[];
}
const vectors = (name: string) => fileURLToPath(new URL(`../../../crypto/vectors/${name}`, import.meta.url));
const read = (name: string) => (JSON.parse(readFileSync(vectors(name), "utf8")) as Vector[]).filter((it) => it.key);
const ours = read("timestamp/detached.json");
const bySm2 = read("timestamp/detached-sm2.json");
const decoded = (text: string) => unbase64(text) as Bytes;

/** Signs with a key of the vectors, as WebCrypto answers. */
function signed(name: string, message: Bytes): Bytes {
  const key = createPrivateKey({ key: readFileSync(vectors(`keys/${name}.pk8`)), format: "der", type: "pkcs8" });
  const value = name === "p-256" ? sign("sha256", message, { key, dsaEncoding: "ieee-p1363" }) : sign("sha256", message, key);
  return name === "p-256" ? lowS(new Uint8Array(value)) : new Uint8Array(value);
}

describe("a detached signature", () => {
  it.each(ours)("is written as the vectors have it: $name", async ({ key, chain, content, message, signing_time }) => {
    const draft = await detached(decoded(content), signing_time!, chain!.map(decoded));
    const value = signed(key!, draft.message);
    const made = draft.finish(key === "p-256" ? "ecdsa-p256-sha256" : "rsa-pkcs1-sha256", value);
    // ECDSA is not deterministic here: what it is over is the same, byte for byte.
    if (key === "p-256") expect(hex(decoded(message))).toContain(hex(draft.message).slice(6));
    else expect(base64(made)).toBe(message);
    expect(draft.message[0]).toBe(0x31);
  });

  it.each(ours)("is accepted by openssl, and not over another content: $name", async ({ key, chain, content, now, cas }) => {
    const draft = await detached(decoded(content), now, chain!.map(decoded));
    const value = signed(key!, draft.message);
    writeFileSync(join(folder, "p7s"), draft.finish(key === "p-256" ? "ecdsa-p256-sha256" : "rsa-pkcs1-sha256", value));
    writeFileSync(join(folder, "record"), decoded(content));
    writeFileSync(join(folder, "other"), "another");
    writeFileSync(join(folder, "ca.pem"), `-----BEGIN CERTIFICATE-----\n${cas[0]!.root}\n-----END CERTIFICATE-----\n`);
    const verify = (file: string) =>
      execFileSync(
        "openssl",
        ["cms", "-verify", "-binary", "-inform", "DER", "-in", "p7s", "-content", file, "-CAfile", "ca.pem", "-purpose", "any"].concat([
          "-attime",
          `${Math.floor(now / 1000)}`,
          "-out",
          "out",
        ]),
        { cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
      );
    verify("record");
    expect(() => verify("other")).toThrow();
  });

  it.each(bySm2)("by SM2 is written as the vectors have it, octet for octet: $name", async ({ chain, content, message, signing_time }) => {
    const draft = await detached(decoded(content), signing_time!, chain!.map(decoded));
    const scalar = readFileSync(vectors("keys/sm2.pk8")).toString("latin1").split("\x04\x20")[1]!.slice(0, 32);
    const gm = await loadGm();
    const value = gm.sm2Sign(new Uint8Array(Buffer.from(scalar, "latin1")), draft.message);
    expect(base64(draft.finish("sm2-sm3", value))).toBe(message);
  });

  it("tells times from 2050 on in the other form", async () => {
    const { chain } = ours[0]!;
    const at = async (time: number) =>
      Buffer.from((await detached(new Uint8Array(), time, chain!.map(decoded))).message).toString("latin1");
    expect(await at(2_524_607_999_999)).toContain("491231235959Z");
    expect(await at(2_524_608_000_000)).toContain("20500101000000Z");
  });
});
