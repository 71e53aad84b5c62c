import "fake-indexeddb/auto";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStore, entries, keys as kept, set } from "idb-keyval";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkAct } from "./bid/act";
import { utf8 } from "./bid/encoding";
import type { KeyFile } from "./contract";
import { judgeBy } from "./trust";
import { createVault } from "./vault";

const folder = mkdtempSync(join(tmpdir(), "vault-"));
const PASSPHRASE = "correct horse";
const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
const bytes = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
const PLACE = { origin: "https://bid.example.cn", project: "0192d3a0-0000-7000-8000-000000000001" };

let p12: KeyFile;

beforeAll(() => {
  const subject = "/C=CN/O=甲建设工程有限公司/CN=张三/2.5.4.97=91350100M000100Y43";
  openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Root", "-days", "900");
  openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "own.key");
  openssl("req", "-new", "-key", "own.key", "-utf8", "-subj", subject, "-out", "own.csr");
  writeFileSync(join(folder, "own.ext"), "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyAgreement\n");
  openssl("x509", "-req", "-in", "own.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "300", "-extfile", "own.ext", "-out", "own.pem");
  openssl(
    "pkcs12",
    "-export",
    "-out",
    "own.p12",
    "-passout",
    `pass:${PASSPHRASE}`,
    "-inkey",
    "own.key",
    "-in",
    "own.pem",
    "-certfile",
    "ca.pem",
  );
  openssl("x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.cer");
  p12 = { name: "own.p12", bytes: bytes("own.p12") };
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("the vault", () => {
  it("signs an act as the platform checks it", async () => {
    const vault = createVault();
    await vault.open([p12], PASSPHRASE);
    for (let turn = 0; turn < 8; turn += 1) {
      const act = await vault.sign(PLACE, { act: "confirm", lot: "1", bid: "ab".repeat(32) }, ["c2VjcmV0"]);
      expect(act.secrets).toEqual(["c2VjcmV0"]);
      expect(act.body).not.toContain("c2VjcmV0");
      const judge = judgeBy([{ id: "ca", root: bytes("ca.cer") }]);
      const { body, holder } = await checkAct(act, PLACE, judge, Date.now());
      expect(body).toMatchObject({ act: "confirm", lot: "1" });
      expect(holder.organisation).toBe("91350100M000100Y43");
    }
  });

  it("signs a record's bytes for everybody's tools beside the act, and nothing else", async () => {
    const vault = createVault();
    await vault.open([p12], PASSPHRASE);
    writeFileSync(join(folder, "record.json"), "{}");
    const record = createHash("sha256").update("{}").digest("hex");
    for (const act of ["sign-record", "countersign"]) {
      const { cms } = JSON.parse((await vault.sign(PLACE, { act, lot: "1", record }, [], utf8("{}"))).body) as { cms: string };
      writeFileSync(join(folder, "record.p7s"), Buffer.from(cms, "base64"));
      openssl(
        ...["cms", "-verify", "-binary", "-inform", "DER", "-in", "record.p7s", "-content", "record.json"],
        ...["-CAfile", "ca.pem", "-purpose", "any", "-out", "out"],
      );
    }
    const correct = await vault.sign(PLACE, { act: "correct-record", lot: "1", record, text: "x" });
    expect(JSON.parse(correct.body)).not.toHaveProperty("cms");
    const other = vault.sign(PLACE, { act: "countersign", lot: "1", record }, [], utf8("{ }"));
    await expect(other).rejects.toMatchObject({ code: "record-differs" });
  });

  it("keeps the key over a reload, under the name of this browser session only", async () => {
    const before = createVault();
    const info = await before.open([p12], PASSPHRASE, "session-1");
    const after = createVault();
    expect(await after.restore("session-1")).toEqual(info);
    expect((await after.sign(PLACE, { act: "confirm" })).signature?.algorithm).toBe("ecdsa-p256-sha256");
    const another = createVault();
    expect(await another.restore("session-2")).toBeNull();
    expect(await createVault().restore("session-1")).toBeNull();
  });

  it("wants only the passphrase after a lock, and the file after a logout", async () => {
    const vault = createVault();
    await vault.open([p12], PASSPHRASE, "session");
    await vault.lock(false);
    expect(await vault.info()).toBeNull();
    await expect(vault.sign(PLACE, { act: "confirm" })).rejects.toMatchObject({ code: "key-locked" });
    expect(await createVault().restore("session")).toBeNull();
    await expect(vault.reopen("wrong", "session")).rejects.toMatchObject({ code: "passphrase-wrong" });
    expect((await vault.reopen(PASSPHRASE, "session")).signing.person).toBe("张三");
    await vault.lock(true);
    await expect(vault.reopen(PASSPHRASE, "session")).rejects.toMatchObject({ code: "key-files-needed" });
  });

  it("never keeps a key that lies in the clear", async () => {
    const vault = createVault();
    const pem = [
      { name: "own.key", bytes: bytes("own.key") },
      { name: "own.pem", bytes: bytes("own.pem") },
    ];
    await vault.open(pem, "", "clear");
    expect(await kept(createStore("kaibiao-keys", "keys"))).toEqual(["ring:clear"]);
    await vault.lock(true);
  });

  it("seals nothing without roots to believe", async () => {
    const vault = createVault();
    const pem = [
      { name: "own.key", bytes: bytes("own.key") },
      { name: "own.pem", bytes: bytes("own.pem") },
    ];
    await vault.open(pem, "");
    const checked = vault.checkTerms({ project: PLACE.project, lot: "1", terms: "{}", roots: [], cas: [], lists: [], now: Date.now() });
    await expect(checked).rejects.toMatchObject({ code: "roots-needed" });
  });

  it("seals and opens a test bid, with a key and without one", async () => {
    const vault = createVault();
    expect((await vault.selfTest()).milliseconds).toBeGreaterThan(0);
    await vault.open([p12], PASSPHRASE);
    const seen: string[] = [];
    await vault.selfTest(undefined, (steps) => (seen[0] = steps.map((step) => step.state).join(" ")));
    expect(new Set(seen[0]?.split(" "))).toEqual(new Set(["done"]));
  });
});

describe("what a person keeps on a device", () => {
  const PRICE = { price: "123456700" };
  const other = (): KeyFile => {
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "other.key");
    openssl("req", "-new", "-key", "other.key", "-utf8", "-subj", "/CN=李四/2.5.4.97=91350100M000100Y43", "-out", "other.csr");
    writeFileSync(join(folder, "other.ext"), "keyUsage=critical,digitalSignature,keyEncipherment\n");
    const ca = ["-CA", "ca.pem", "-CAkey", "ca.key", "-days", "300", "-extfile", "other.ext"];
    openssl("x509", "-req", "-in", "other.csr", ...ca, "-out", "other.pem");
    writeFileSync(
      join(folder, "other.both"),
      `${readFileSync(join(folder, "other.key"), "utf8")}${readFileSync(join(folder, "other.pem"), "utf8")}`,
    );
    return { name: "other.pem", bytes: bytes("other.both") };
  };

  it("is read again with the same key after a reload, and with no other", async () => {
    const vault = createVault();
    expect(await vault.keep("draft", PRICE)).toBe(false);
    await vault.open([p12], PASSPHRASE);
    expect(await vault.keep("draft", PRICE)).toBe(true);
    const again = createVault();
    expect(await again.kept("draft")).toBeUndefined();
    await again.open([p12], PASSPHRASE);
    expect(await again.kept("draft")).toEqual(PRICE);
    await again.lock(true);
    expect(await again.kept("draft")).toBeUndefined();
    await again.open([other()], "");
    expect(await again.kept("draft")).toBeUndefined();
    expect(await again.keep("draft", { price: "1" })).toBe(true);
    await again.open([p12], PASSPHRASE);
    expect(await again.kept("draft")).toEqual(PRICE);
  });

  it("tells nothing to whoever searches the device, and takes nothing from another key", async () => {
    const vault = createVault();
    await vault.open([p12], PASSPHRASE);
    await vault.keep("draft p/1", PRICE);
    const boxes = createStore("kaibiao-locker", "boxes");
    const all = await entries<string, unknown>(boxes);
    const stored = all.map(([name, value]) => `${name} ${value instanceof Uint8Array ? new TextDecoder("latin1").decode(value) : ""}`);
    expect(stored.join()).not.toMatch(/draft|123456700/);
    // Another person's locker key in this one's place opens nothing.
    const keys = all.filter(([name]) => name.endsWith("/key"));
    expect(keys.length).toBe(2);
    const [one, two] = keys;
    await set(one![0], two![1], boxes);
    await set(two![0], one![1], boxes);
    const again = createVault();
    await again.open([p12], PASSPHRASE);
    expect(await again.kept("draft p/1")).toBeUndefined();
  });

  it("is gone on request", async () => {
    const vault = createVault();
    await vault.open([p12], PASSPHRASE);
    await vault.keep("draft", PRICE);
    await vault.empty();
    expect(await vault.kept("draft")).toBeUndefined();
  });
});
