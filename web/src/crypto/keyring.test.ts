import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KeyFile } from "./contract";
import { certificatesOf, openFiles } from "./keyring";
import { parseCertificate } from "./x509";

/** Key files are made here with openssl, as authorities' tools make them. */
const folder = mkdtempSync(join(tmpdir(), "keys-"));
const PASSPHRASE = "correct horse";
const path = (name: string) => join(folder, name);
const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
const file = (name: string): KeyFile => ({ name, bytes: new Uint8Array(readFileSync(path(name))) });
const joined = (name: string, ...parts: string[]): KeyFile => {
  writeFileSync(path(name), parts.map((part) => readFileSync(path(part), "utf8")).join("\n"));
  return file(name);
};

const SUBJECT = "/C=CN/O=甲建设工程有限公司/CN=张三/2.5.4.97=91350100M000100Y43";
const legacy = (() => {
  try {
    execFileSync("openssl", ["list", "-providers", "-provider", "legacy"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** A certificate below the intermediate authority. */
function issue(name: string, usage: string, key: string[]): void {
  openssl("genpkey", ...key, "-out", `${name}.key`);
  openssl("req", "-new", "-key", `${name}.key`, "-utf8", "-subj", SUBJECT, "-out", `${name}.csr`);
  writeFileSync(path(`${name}.ext`), `basicConstraints=critical,CA:FALSE\nkeyUsage=critical,${usage}\n`);
  openssl(
    "x509",
    "-req",
    "-in",
    `${name}.csr`,
    "-CA",
    "middle.pem",
    "-CAkey",
    "middle.key",
    "-days",
    "300",
    "-extfile",
    `${name}.ext`,
    "-out",
    `${name}.pem`,
  );
}

const RSA = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const P256 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

function bundle(out: string, ...args: string[]): KeyFile {
  openssl("pkcs12", "-export", "-out", out, "-passout", `pass:${PASSPHRASE}`, ...args);
  return file(out);
}

beforeAll(() => {
  openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Root", "-days", "900");
  openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "middle.key", "-out", "middle.csr", "-subj", "/CN=Middle");
  writeFileSync(path("middle.ext"), "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n");
  openssl(
    "x509",
    "-req",
    "-in",
    "middle.csr",
    "-CA",
    "root.pem",
    "-CAkey",
    "root.key",
    "-days",
    "800",
    "-extfile",
    "middle.ext",
    "-out",
    "middle.pem",
  );
  issue("rsa", "digitalSignature,keyEncipherment", RSA);
  issue("ec", "digitalSignature,keyAgreement", P256);
  issue("sign", "digitalSignature", RSA);
  issue("wrap", "keyEncipherment", RSA);
  issue("wrap-ec", "keyAgreement", P256);
});

afterAll(() => rmSync(folder, { recursive: true }));

async function works(files: KeyFile[], passphrase = PASSPHRASE): Promise<Awaited<ReturnType<typeof openFiles>>> {
  const ring = await openFiles(files, passphrase);
  const bytes = new TextEncoder().encode("an act");
  const leaf = parseCertificate(ring.signing.chain[0]!);
  if (ring.signing.algorithm === "sm2-sm3") throw new Error("not of SM2");
  const how =
    ring.signing.algorithm === "rsa-pkcs1-sha256"
      ? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }
      : { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const verify = await crypto.subtle.importKey("spki", leaf.spki, how, false, ["verify"]);
  const signature = await crypto.subtle.sign(how, ring.signing.privateKey!, bytes);
  expect(await crypto.subtle.verify(how, verify, signature, bytes)).toBe(true);
  const opening = ring.opening.flatMap((it) => (it.kind === "sm2" ? [] : it.key));
  for (const key of [ring.signing.privateKey!, ...opening]) expect(key.extractable).toBe(false);
  const first = ring.opening[0]!;
  if (first.kind === "rsa") {
    const wrap = await crypto.subtle.importKey("spki", first.spki, { name: "RSA-OAEP", hash: "SHA-256" }, false, ["encrypt"]);
    const wrapped = await crypto.subtle.encrypt("RSA-OAEP", wrap, bytes);
    expect(new Uint8Array(await crypto.subtle.decrypt("RSA-OAEP", first.key, wrapped))).toEqual(bytes);
  }
  return ring;
}

describe("key files", () => {
  it("opens a .p12 as openssl makes it now, RSA and P-256, with its intermediate", async () => {
    for (const name of ["rsa", "ec"]) {
      const made = bundle(`${name}.p12`, "-inkey", `${name}.key`, "-in", `${name}.pem`, "-certfile", "middle.pem");
      const ring = await works([made]);
      expect(ring.info.signing.organisationName).toBe("甲建设工程有限公司");
      expect(ring.info.signing.organisationCode).toBe("91350100M000100Y43");
      expect(ring.info.signing.person).toBe("张三");
      expect(ring.info.encryption.digest).toBe(ring.info.signing.digest);
      expect(ring.signing.chain).toHaveLength(2);
    }
  });

  it.skipIf(!legacy && !process.env["CI"])("opens a .p12 of the old kind: 3DES keys, RC2-40 certificates, SHA-1", async () => {
    for (const name of ["rsa", "ec"]) {
      await works([bundle(`${name}-old.p12`, "-legacy", "-inkey", `${name}.key`, "-in", `${name}.pem`)]);
      await works([
        bundle(
          `${name}-3des.p12`,
          "-legacy",
          "-certpbe",
          "PBE-SHA1-3DES",
          "-keypbe",
          "PBE-SHA1-3DES",
          "-inkey",
          `${name}.key`,
          "-in",
          `${name}.pem`,
        ),
      ]);
    }
  });

  it("opens a .p12 under other ciphers and digests", async () => {
    const own = ["-inkey", "ec.key", "-in", "ec.pem"];
    await works([bundle("a.p12", "-certpbe", "AES-192-CBC", "-keypbe", "AES-128-CBC", "-macalg", "SHA512", ...own)]);
    await works([bundle("b.p12", "-certpbe", "DES-EDE3-CBC", "-keypbe", "DES-EDE3-CBC", "-macalg", "SHA1", ...own)]);
    await works([bundle("c.p12", "-certpbe", "NONE", "-keypbe", "NONE", ...own)]);
    await works([bundle("d.p12", "-nomac", ...own)]);
  });

  it("opens a .p12 under an empty passphrase and under a Chinese one", async () => {
    for (const passphrase of ["", "投标口令①"]) {
      openssl("pkcs12", "-export", "-out", "x.p12", "-passout", `pass:${passphrase}`, "-inkey", "ec.key", "-in", "ec.pem");
      await works([file("x.p12")], passphrase);
    }
  });

  it("takes a pair in two files, signs with one and is wrapped to by the other", async () => {
    const signing = bundle("sign.p12", "-inkey", "sign.key", "-in", "sign.pem");
    for (const name of ["wrap", "wrap-ec"]) {
      const wrapping = bundle(`${name}.p12`, "-inkey", `${name}.key`, "-in", `${name}.pem`);
      const ring = await works([wrapping, signing]);
      expect(ring.info.signing.sign).toBe(true);
      expect(ring.info.encryption.sign).toBe(false);
      expect(ring.info.encryption.digest).not.toBe(ring.info.signing.digest);
    }
  });

  it("takes a pair in one file", async () => {
    const ring = await works([joined("pair.pem", "sign.key", "sign.pem", "wrap.key", "wrap.pem")]);
    expect(ring.info.encryption.encrypt).toBe(true);
    expect(ring.opening).toHaveLength(2);
  });

  it("reads PEM in every encoding, in one file or two", async () => {
    await works([joined("rsa-all.pem", "rsa.key", "rsa.pem", "middle.pem")], "");
    await works([file("ec.key"), file("ec.pem")], "");
    openssl("rsa", "-in", "rsa.key", "-traditional", "-out", "rsa-pkcs1.key");
    await works([file("rsa-pkcs1.key"), file("rsa.pem")], "");
    openssl("ec", "-in", "ec.key", "-out", "ec-sec1.key");
    await works([file("ec-sec1.key"), file("ec.pem")], "");
    openssl("ec", "-in", "ec.key", "-no_public", "-out", "ec-private.key");
    await works([file("ec-private.key"), file("ec.pem")], "");
    openssl("pkcs8", "-topk8", "-in", "ec.key", "-passout", `pass:${PASSPHRASE}`, "-out", "ec-enc.key");
    await works([file("ec-enc.key"), file("ec.pem")]);
    openssl("x509", "-in", "rsa.pem", "-outform", "DER", "-out", "rsa.cer");
    await works([file("rsa.key"), file("rsa.cer")], "");
  });

  it("says what is wrong with a file", async () => {
    const made = bundle("wrong.p12", "-inkey", "rsa.key", "-in", "rsa.pem");
    const code = (files: KeyFile[], passphrase = PASSPHRASE) => expect(openFiles(files, passphrase)).rejects;
    await code([made], "wrong").toMatchObject({ code: "passphrase-wrong", params: { file: "wrong.p12" } });
    await code([bundle("wrong2.p12", "-nomac", "-inkey", "rsa.key", "-in", "rsa.pem")], "wrong").toMatchObject({
      code: "passphrase-wrong",
    });
    await code([{ name: "a.pdf", bytes: new TextEncoder().encode("%PDF-1.7") }]).toMatchObject({ code: "not-a-key-file" });
    await code([{ name: "a.p12", bytes: made.bytes.slice(0, 900) }]).toMatchObject({ code: "not-a-key-file" });
    await code([file("rsa.pem")]).toMatchObject({ code: "key-missing" });
    await code([file("rsa.key")]).toMatchObject({ code: "certificate-missing" });
    await code([file("rsa.key"), file("sign.pem")]).toMatchObject({ code: "key-without-certificate" });
    await code([file("wrap.key"), file("wrap.pem")]).toMatchObject({ code: "certificate-wrong-usage" });
    await code([bundle("certs.p12", "-nokeys", "-in", "rsa.pem")]).toMatchObject({ code: "key-missing" });
    openssl("rsa", "-in", "rsa.key", "-traditional", "-aes128", "-passout", `pass:${PASSPHRASE}`, "-out", "rsa-old-enc.key");
    await code([file("rsa-old-enc.key"), file("rsa.pem")]).toMatchObject({ code: "pem-encrypted" });
    openssl("pkcs8", "-topk8", "-in", "ec.key", "-passout", `pass:${PASSPHRASE}`, "-out", "ec-enc.key");
    await code([file("ec-enc.key"), file("ec.pem")], "").toMatchObject({ code: "passphrase-needed" });
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", "p384.key");
    await code([file("p384.key"), file("ec.pem")]).toMatchObject({ code: "key-type" });
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", "small.key");
    await code([file("small.key"), file("rsa.pem")]).toMatchObject({ code: "key-type" });
  });
});

it("says of a file with no certificate in it that there is none", () => {
  const key = new TextEncoder().encode("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  expect(() => certificatesOf({ name: "key.pem", bytes: key })).toThrow(expect.objectContaining({ code: "certificate-missing" }));
});
