/** Pairs of SM2 as openssl makes them: chains, lists, key files, and what is done with the keys (docs/spec/suite-gm.md, 7 and 8). */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkAct, message } from "./bid/act";
import { concat, hex, unbase64, unhex, utf8 } from "./bid/encoding";
import type { Bytes } from "./bid/types";
import type { KeyFile } from "./contract";
import * as asn1 from "./der";
import { TAG } from "./der";
import { openFiles, openKeys } from "./keyring";
import { wipeRing } from "./keys";
import { isEncrypted, type KeyStore } from "./keystore";
import { readCertificates } from "./pem";
import { readLists } from "./revocation";
import { loadGm } from "./suite/gm/module";
import { verify } from "./suite/signing";
import { unwrapOwn, wrapOwn } from "./suite/wrapping";
import { judge, judgeBy, type Authority } from "./trust";
import { createVault } from "./vault";
import { parseCertificate } from "./x509";

const folder = mkdtempSync(join(tmpdir(), "sm2-"));
const PASSPHRASE = "correct horse";
const ORGANISATION = "91350100M000100Y43";
const SUBJECT = `/C=CN/O=甲建设工程有限公司/CN=张三/2.5.4.97=${ORGANISATION}`;
const ID = ["-sigopt", "distid:1234567812345678"];
const SM2 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"];
const P256 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

const path = (name: string) => join(folder, name);
const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
const file = (name: string): KeyFile => ({ name, bytes: new Uint8Array(readFileSync(path(name))) });
const der = (name: string): Bytes => readCertificates(file(`${name}.pem`).bytes.slice())[0]!;
const joined = (name: string, ...parts: string[]): KeyFile => {
  writeFileSync(path(name), parts.map((part) => readFileSync(path(part), "utf8")).join("\n"));
  return file(name);
};

/** A certificate of `subject` under an authority of SM2. */
function issue(name: string, by: string, extensions: string, subject: string, key = SM2): void {
  openssl("genpkey", ...key, "-out", `${name}.key`);
  openssl("req", "-new", "-key", `${name}.key`, ...(key === SM2 ? ["-sm3", ...ID] : []), "-utf8", "-subj", subject, "-out", `${name}.csr`);
  writeFileSync(path(`${name}.ext`), extensions);
  const checked = key === SM2 ? ["-vfyopt", "distid:1234567812345678"] : [];
  const under = ["-CA", `${by}.pem`, "-CAkey", `${by}.key`, "-days", "300", "-extfile", `${name}.ext`];
  openssl("x509", "-req", "-in", `${name}.csr`, ...checked, "-sm3", ...ID, ...under, "-out", `${name}.pem`);
}

function listOf(by: string, ...revoked: string[]): Bytes {
  writeFileSync(path(`${by}.index`), "");
  writeFileSync(path(`${by}.number`), "01\n");
  writeFileSync(
    path(`${by}.cnf`),
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${by}.index\ncrlnumber=${by}.number\ndefault_md=sm3\ndefault_crl_days=30\nunique_subject=no\n`,
  );
  const own = ["-config", `${by}.cnf`, "-keyfile", `${by}.key`, "-cert", `${by}.pem`, ...ID];
  for (const name of revoked) openssl("ca", ...own, "-revoke", `${name}.pem`);
  openssl("ca", ...own, "-gencrl", "-out", `${by}.crl`);
  return new Uint8Array(openssl("crl", "-in", `${by}.crl`, "-outform", "DER"));
}

const LEAF = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,";

beforeAll(() => {
  openssl("genpkey", ...SM2, "-out", "root.key");
  openssl("req", "-x509", "-new", "-key", "root.key", "-sm3", ...ID, "-subj", "/CN=Root", "-days", "900", "-out", "root.pem");
  issue("middle", "root", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n", "/CN=Middle");
  issue("sign", "middle", `${LEAF}digitalSignature\n`, SUBJECT);
  issue("wrap", "middle", `${LEAF}keyEncipherment,dataEncipherment,keyAgreement\n`, SUBJECT);
  issue("ec", "middle", `${LEAF}digitalSignature,keyAgreement\n`, SUBJECT, P256);
});

afterAll(() => rmSync(folder, { recursive: true }));

const authority = (): Authority => ({ id: "gm", root: der("root"), intermediates: [der("middle")] });

describe("a chain of SM2", () => {
  it("is believed, and a pair is of one organisation", async () => {
    for (const [name, use] of [["sign", "sign"] as const, ["wrap", "encrypt"] as const]) {
      const lists = [...readLists([listOf("root"), listOf("middle")]).values()];
      const holder = await judge([der(name)], [authority()], Date.now(), use, [], { lists });
      expect(holder.organisation).toBe(ORGANISATION);
      expect(holder.certificate.key).toBe("sm2");
    }
  });

  it("is not when it was revoked, or the list is another authority's", async () => {
    const [root, revoking] = [listOf("root"), listOf("middle", "sign")];
    const judged = (...ders: Bytes[]) =>
      judge([der("sign")], [authority()], Date.now(), "sign", [], { lists: [...readLists(ders).values()] });
    await expect(judged(root, revoking)).rejects.toMatchObject({ code: "certificate-revoked" });
    await expect(judged(root)).rejects.toMatchObject({ code: "certificate-crl-missing" });
    const broken = revoking.slice();
    broken[broken.length - 1]! ^= 1;
    await expect(judged(root, broken)).rejects.toMatchObject({ code: "certificate-crl-broken" });
  });

  it("mixes no suites", async () => {
    const [chain, authorities] = [[der("ec")], [authority()]];
    await expect(judge(chain, authorities, Date.now(), "sign")).rejects.toMatchObject({ code: "certificate-chain" });
    openssl(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      "other.key",
      "-out",
      "other.pem",
      "-subj",
      "/CN=Root",
      "-days",
      "900",
    );
    const other = { ...authority(), root: der("other") };
    await expect(judge([der("sign")], [other], Date.now(), "sign")).rejects.toMatchObject({ code: "certificate-unknown-issuer" });
  });

  it("is not believed with a bit changed", async () => {
    const changed = der("sign");
    changed[changed.length - 1]! ^= 1;
    await expect(judge([changed], [authority()], Date.now(), "sign")).rejects.toMatchObject({ code: "certificate-unknown-issuer" });
  });
});

/** id-ecPublicKey with the curve; the curve itself without and with NULL; and what is none. */
const KEYS = {
  usual: "301306072a8648ce3d020106082a811ccf5501822d",
  itself: "300a06082a811ccf5501822d",
  null: "300c06082a811ccf5501822d0500",
  other: "301306072a8648ce3d020106082a811ccf5501822e",
};
const SIGNED = { absent: "300a06082a811ccf55018375", null: "300c06082a811ccf550183750500", other: "300d06082a811ccf55018375020100" };

/** The same certificate with its key and the algorithm of its signature spelt otherwise, signed again. */
async function respelt(given: Bytes, key: string, signed: string, point?: (point: Bytes) => Bytes): Promise<Bytes> {
  const tbs = asn1.child(asn1.read(given), 0);
  const algorithm = unhex(signed)!;
  const fields = tbs.children.map(({ whole }) => whole);
  const bits = asn1.child(asn1.child(tbs, 6), 1);
  fields[2] = algorithm;
  fields[6] = asn1.write(
    TAG.sequence,
    unhex(key)!,
    point ? asn1.write(TAG.bitString, concat(Uint8Array.of(0), point(asn1.bits(bits).slice()))) : bits.whole,
  );
  const text = asn1.write(TAG.sequence, ...fields);
  const value = (await loadGm()).sm2Sign(scalarOf("middle.key"), text);
  return asn1.write(TAG.sequence, text, algorithm, asn1.write(TAG.bitString, concat(Uint8Array.of(0), value)));
}

function scalarOf(name: string): Bytes {
  const key = new Uint8Array(openssl("ec", "-in", name, "-outform", "DER"));
  return asn1.child(asn1.read(key), 1).content.slice();
}

describe("a certificate of SM2", () => {
  it("is the same key in every spelling of key and signature", async () => {
    const usual = parseCertificate(der("sign")).spki;
    for (const key of [KEYS.usual, KEYS.itself, KEYS.null]) {
      for (const signed of [SIGNED.absent, SIGNED.null]) {
        const holder = await judge([await respelt(der("sign"), key, signed)], [authority()], Date.now(), "sign");
        expect(hex(holder.certificate.spki)).toBe(hex(usual));
      }
    }
  });

  it("is refused for other parameters, another form of its point, and what is no point", async () => {
    const judged = async (...how: Parameters<typeof respelt>) => judge([await respelt(...how)], [authority()], Date.now(), "sign");
    const given = der("sign");
    await expect(judged(given, KEYS.other, SIGNED.absent)).rejects.toMatchObject({ code: "certificate-weak-key" });
    await expect(judged(given, KEYS.usual, SIGNED.other)).rejects.toMatchObject({ code: "certificate-chain" });
    const compressed = (point: Bytes) => concat(Uint8Array.of(2 + (point[64]! & 1)), point.slice(1, 33));
    await expect(judged(given, KEYS.usual, SIGNED.absent, compressed)).rejects.toMatchObject({ code: "certificate-weak-key" });
    const beside = (point: Bytes) => concat(point.slice(0, 64), Uint8Array.of(point[64]! ^ 1));
    await expect(judged(given, KEYS.usual, SIGNED.absent, beside)).rejects.toMatchObject({ code: "certificate-malformed" });
  });
});

async function works(files: KeyFile[], passphrase = PASSPHRASE): Promise<void> {
  const ring = await openFiles(files, passphrase);
  expect(ring.signing.algorithm).toBe("sm2-sm3");
  expect(ring.opening.map(({ kind }) => kind)).toContain("sm2");
  const [own, context, secret] = [ring.opening[0]!, utf8("a place"), new Uint8Array(32).fill(7)];
  expect(await unwrapOwn(own, context, await wrapOwn(own.spki, context, secret))).toEqual(secret);
  await expect(unwrapOwn(own, utf8("another"), await wrapOwn(own.spki, context, secret))).rejects.toMatchObject({ code: "wrap-not-bound" });
}

function bundle(out: string, name: string, ...args: string[]): KeyFile {
  openssl("pkcs12", "-export", "-out", out, "-passout", `pass:${PASSPHRASE}`, "-inkey", `${name}.key`, "-in", `${name}.pem`, ...args);
  return file(out);
}

describe("key files of SM2", () => {
  it("are opened as .p12, under AES and under SM4, with MACs of SHA-256 and SM3", async () => {
    await works([bundle("aes.p12", "sign", "-certfile", "middle.pem")]);
    await works([bundle("sm4.p12", "sign", "-certpbe", "sm4-cbc", "-keypbe", "sm4-cbc", "-macalg", "sm3")]);
  });

  it("are opened as PEM: PKCS #8, SEC 1, and encrypted under SM4", async () => {
    await works([file("sign.key"), file("sign.pem")], "");
    openssl("ec", "-in", "sign.key", "-out", "sec1.key");
    await works([joined("both.pem", "sec1.key", "sign.pem")], "");
    openssl("pkcs8", "-topk8", "-in", "sign.key", "-v2", "sm4-cbc", "-passout", `pass:${PASSPHRASE}`, "-out", "sm4.key");
    await works([file("sm4.key"), file("sign.pem")]);
    await expect(openFiles([file("sm4.key"), file("sign.pem")], "wrong")).rejects.toMatchObject({ code: "passphrase-wrong" });
  });

  /** 1.2.156.10197.1.401.2, which most write; what a standard says in one place; and the digest's own. */
  it.each(["06092a811ccf5501831102", "060a2a811ccf550183110301", "06082a811ccf55018311"])(
    "are opened under HMAC-SM3 called %s",
    async (prf) => {
      writeFileSync(path("hmac.key"), await shrouded("sign.key", prf));
      await works([file("hmac.key"), file("sign.pem")]);
      await expect(openFiles([file("hmac.key"), file("sign.pem")], "wrong")).rejects.toMatchObject({ code: "passphrase-wrong" });
    },
  );

  it("are kept for after a reload where the key is encrypted, and only there", () => {
    expect(isEncrypted(bundle("kept.p12", "sign"))).toBe(true);
    expect(isEncrypted(bundle("clear.p12", "sign", "-keypbe", "NONE", "-certpbe", "NONE"))).toBe(false);
    expect(["sign.key", "sec1.key", "sm4.key"].map((name) => isEncrypted(file(name)))).toEqual([false, false, true]);
  });

  it("of the vectors open with their certificates", async () => {
    const keys = JSON.parse(readFileSync(new URL("../../../crypto/vectors/gm/keys.json", import.meta.url), "utf8")) as Record<
      string,
      string
    >;
    const pem = (label: string, body = "") => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
    const text = ["certificate", "other_certificate"].map(
      (name) => pem("CERTIFICATE", keys[name]) + pem("PRIVATE KEY", keys[`${name}_key`]),
    );
    const opened = await openKeys([{ name: "keys.pem", bytes: utf8(text.join("")) }], "");
    expect(opened.map(({ kind }) => kind)).toEqual(["sm2", "sm2"]);
  });

  it("are taken as a pair in two files or in one", async () => {
    const ring = await openFiles([bundle("wrap.p12", "wrap"), bundle("sign.p12", "sign")], PASSPHRASE);
    expect(ring.info.signing.sign && !ring.info.encryption.sign && ring.info.encryption.key === "sm2").toBe(true);
    await works([joined("pair.pem", "sign.key", "sign.pem", "wrap.key", "wrap.pem")], "");
    expect(await openKeys([file("wrap.p12")], PASSPHRASE)).toHaveLength(1);
    await expect(openFiles([file("wrap.key"), file("sign.pem")], "")).rejects.toMatchObject({ code: "key-without-certificate" });
  });
});

/** EncryptedPrivateKeyInfo under PBES2 with PBKDF2 of HMAC-SM3 and SM4-CBC, as GmSSL and Tongsuo write it. */
async function shrouded(name: string, prf: string): Promise<string> {
  const gm = await loadGm();
  const [salt, iv, rounds] = [new Uint8Array(8).fill(1), new Uint8Array(16).fill(2), 1000];
  const key = gm.hmac(utf8(PASSPHRASE), salt, Uint8Array.of(0, 0, 0, 1));
  for (let round = 1, last = key.slice(); round < rounds; round += 1) {
    last = gm.hmac(utf8(PASSPHRASE), last);
    for (const [at, octet] of last.entries()) key[at]! ^= octet;
  }
  const plain = new Uint8Array(openssl("pkcs8", "-topk8", "-nocrypt", "-in", name, "-outform", "DER"));
  const pad = 16 - (plain.length % 16);
  const sealed = gm.sm4CbcEncrypt(key.slice(0, 16), iv, concat(plain, new Uint8Array(pad).fill(pad)));
  const sequence = (...parts: Bytes[]) => asn1.write(TAG.sequence, ...parts);
  const kdf = sequence(
    unhex("06092a864886f70d01050c")!,
    sequence(asn1.write(TAG.octetString, salt), asn1.write(TAG.integer, Uint8Array.of(3, 0xe8)), sequence(unhex(prf)!)),
  );
  const cipher = sequence(unhex("06082a811ccf55016802")!, asn1.write(TAG.octetString, iv));
  const whole = sequence(sequence(unhex("06092a864886f70d01050d")!, sequence(kdf, cipher)), asn1.write(TAG.octetString, sealed));
  const lines = (btoa(String.fromCharCode(...whole)).match(/.{1,64}/g) ?? []).join("\n");
  return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${lines}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
}

describe("a vault with a key of SM2", () => {
  const kept: string[] = [];
  const store: KeyStore = {
    ring: async () => undefined,
    files: async () => [file("vault.p12")],
    token: async () => undefined,
    put: async (_, ring) => void kept.push(ring.signing.algorithm),
    drop: async () => undefined,
    only: async () => undefined,
  };

  it("signs acts that openssl and everybody else verify, and nothing once it is locked", async () => {
    const vault = createVault(store);
    const place = { origin: "https://kaibiao.example", project: "" };
    await vault.open([bundle("vault.p12", "sign", "-certfile", "middle.pem")], PASSPHRASE, "here");
    const act = await vault.sign(place, { act: "login", address: place.origin, challenge: "00".repeat(32) });
    expect(act.signature?.algorithm).toBe("sm2-sm3");
    writeFileSync(path("signed"), message("login", place.origin, "", utf8(act.body)));
    writeFileSync(path("value"), unbase64(act.signature!.value)!);
    const how = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-certin", "-inkey", "sign.pem"];
    openssl("pkeyutl", "-verify", ...how, "-in", "signed", "-sigfile", "value");
    const { holder } = await checkAct(act, place, judgeBy([authority()]), Date.now());
    expect(holder.organisation).toBe(ORGANISATION);
    await expect(checkAct(act, { ...place, origin: "https://other.example" }, judgeBy([authority()]), Date.now())).rejects.toMatchObject({
      code: "signature-invalid",
    });
    await vault.lock(false);
    await expect(vault.sign(place, { act: "register", name: "x" })).rejects.toMatchObject({ code: "key-locked" });
    await vault.reopen(PASSPHRASE, "here");
    await vault.sign(place, { act: "register", name: "x" });
  });

  it("signs a record's bytes beside the act, as a message of GM/T 0010", async () => {
    const vault = createVault(store);
    await vault.open([file("vault.p12")], PASSPHRASE);
    const bytes = utf8('{"record":"开标记录"}');
    const record = createHash("sha256").update(bytes).digest("hex");
    const act = await vault.sign({ origin: "https://kaibiao.example", project: "" }, { act: "countersign", lot: "1", record }, [], bytes);
    const { cms } = JSON.parse(act.body) as { cms: string };
    // ContentInfo, SignedData, the signer: its attributes as they are signed, and the value.
    const data = asn1.read(unbase64(cms)!).children[1]!.children[0]!;
    const signer = data.children.at(-1)!.children[0]!;
    writeFileSync(path("attributes"), concat(Uint8Array.of(TAG.set), signer.children[3]!.whole.slice(1)));
    writeFileSync(path("value"), signer.children[5]!.content);
    const how = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-certin", "-inkey", "sign.pem"];
    openssl("pkeyutl", "-verify", ...how, "-in", "attributes", "-sigfile", "value");
    writeFileSync(path("record"), bytes);
    const digest = openssl("dgst", "-sm3", "-binary", "record");
    expect(hex(signer.children[3]!.whole)).toContain(digest.toString("hex"));
  });

  it("wipes the scalars of a key that is put away", async () => {
    const ring = await openFiles([file("vault.p12")], PASSPHRASE);
    wipeRing(ring);
    expect(ring.opening.every((key) => key.kind === "sm2" && key.scalar.every((octet) => octet === 0))).toBe(true);
    expect(ring.signing.algorithm === "sm2-sm3" && ring.signing.scalar?.every((octet) => octet === 0)).toBe(true);
  });
});

describe("a signature of suite gm", () => {
  interface Case {
    name: string;
    key: string;
    message: string;
    value: string;
    expect: string;
  }
  const url = new URL("../../../crypto/vectors/gm/signatures.json", import.meta.url);
  const { cases } = JSON.parse(readFileSync(url, "utf8")) as { cases: Case[] };

  it.each(cases)("$name: $expect", async (vector) => {
    const spki = concat(unhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")!, unhex(vector.key)!);
    const verified = verify({ kind: "spki", spki }, "sm2-sm3", unhex(vector.value)!, unhex(vector.message)!);
    if (vector.expect === "accepted") await verified;
    else await expect(verified).rejects.toMatchObject({ code: vector.expect });
  });

  it("is no other algorithm's", async () => {
    const [first] = cases;
    const spki = concat(unhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")!, unhex(first!.key)!);
    const bytes = unhex(first!.message)!;
    const value = unhex(first!.value)!;
    await expect(verify({ kind: "spki", spki }, "ecdsa-p256-sha256", value, bytes)).rejects.toMatchObject({
      code: "signature-wrong-algorithm",
    });
    const other = parseCertificate(der("ec")).spki.slice();
    await expect(verify({ kind: "spki", spki: other }, "sm2-sm3", value, bytes)).rejects.toMatchObject({
      code: "signature-wrong-algorithm",
    });
  });
});
