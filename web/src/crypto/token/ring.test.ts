/** A token with pairs of SM2 and of P-256 behind an agent that opens and signs as docs/spec/token-agent.md has it. */
import "fake-indexeddb/auto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { message } from "../bid/act";
import { base64, concat, hex, unbase64, utf8 } from "../bid/encoding";
import { labelled } from "../bid/hash";
import { keyId } from "../bid/wrap";
import { openFiles } from "../keyring";
import { signWith, type Keyring } from "../keys";
import type { KeyStore } from "../keystore";
import { loadSuite, suiteOfKey } from "../suite";
import { verify } from "../suite/signing";
import { createVault } from "../vault";
import { parseCertificate } from "../x509";
import type { UnlockRequest } from "../contract";
import { openToken, secretByToken, signingCertificates } from "./ring";

const folder = mkdtempSync(join(tmpdir(), "ring-"));
const ORGANISATION = "91350100M000100Y43";
const pairing = { port: 27_182, secret: "c2VjcmV0" };
const file = (name: string) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) });

function issue(name: string, curve: "SM2" | "P-256", usage: string, days: number): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const digest = curve === "SM2" ? ["-sm3", "-sigopt", "distid:1234567812345678"] : ["-sha256"];
  const subject = `/C=CN/O=甲建设工程有限公司/CN=张三/2.5.4.97=${ORGANISATION}`;
  openssl("genpkey", "-algorithm", "EC", "-pkeyopt", `ec_paramgen_curve:${curve}`, "-out", "key.pem");
  const request = ["req", "-x509", "-new", "-key", "key.pem", ...digest, "-utf8", "-subj", subject, "-days", String(days)];
  openssl(...request, "-addext", "basicConstraints=critical,CA:FALSE", "-addext", `keyUsage=critical,${usage}`, "-out", "own.pem");
  const both = ["key.pem", "own.pem"].map((part) => readFileSync(join(folder, part), "utf8"));
  writeFileSync(join(folder, name), both.join("\n"));
}

/** Each half of a pair by itself, as a container of the token has it. */
let halves: Keyring[];
beforeAll(async () => {
  await loadSuite("gm");
  issue("sign.pem", "SM2", "digitalSignature", 300);
  issue("wrap.pem", "SM2", "keyEncipherment,dataEncipherment,keyAgreement", 300);
  issue("sign-p256.pem", "P-256", "digitalSignature", 200);
  issue("wrap-p256.pem", "P-256", "keyAgreement", 900);
  halves = await Promise.all(
    [["sign.pem"], ["sign.pem", "wrap.pem"], ["sign-p256.pem"], ["sign-p256.pem", "wrap-p256.pem"]].map((names) =>
      openFiles(names.map(file), ""),
    ),
  );
  vi.stubGlobal("fetch", async (address: string, { body }: { body: string }) => {
    bodies.push(body);
    const path = new URL(address).pathname.replace("/kaibiao/1/", "");
    return new Response(JSON.stringify(await answer(path, JSON.parse(body))), { status: 200 });
  });
});
afterAll(() => {
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true });
});
afterEach(() => asked.splice(0));

const asked: string[] = [];
const bodies: string[] = [];

async function answer(path: string, body: Record<string, string>): Promise<unknown> {
  asked.push(path);
  if (path === "status") return { holder: "token", label: "单位 A", state: "ready", tries: null };
  if (path === "certificates") return { certificates: halves.map(held), roots: [] };
  if (path === "sign") {
    const ring = halves.find(({ info }) => info.signing.digest === body["certificate"])!;
    return { algorithm: ring.signing.algorithm, value: base64(await signWith(ring, unbase64(body["message"]!)!)) };
  }
  if (path === "locker") {
    const leaf = halves.find(({ info }) => info.signing.digest === body["certificate"])!.signing.chain[0]!;
    const wctx = concat(utf8("kaibiao/1 locker"), utf8(hex(labelled("kaibiao/1 locker owner", leaf))));
    const key = halves.flatMap(({ opening }) => opening).find(({ spki }) => keyId(spki) === body["key"])!;
    // A token has one computation for each of its keys: that of the wraps of bids.
    const suite = suiteOfKey(key.spki);
    return { secret: base64(await suite.unwrap(key, suite.wrapKind(key.spki), wctx, unbase64(body["value"]!)!)) };
  }
  return {};
}

function held({ info, encryption, signing }: Keyring, at: number): unknown {
  const opens = at % 2 === 1;
  const der = opens ? encryption! : signing.chain[0]!;
  const { digest, spki } = parseCertificate(der);
  const { algorithm } = signing;
  const kind = info.signing.key === "sm2" ? "sm2-sm4-cbc" : "hpke-p256";
  return {
    ...{ certificate: digest, chain: [base64(der)], sign: !opens, open: opens, algorithm: opens ? null : algorithm },
    ...(opens ? { key: keyId(spki.slice()), kind } : { key: null, kind: null }),
  };
}

const kept: [string, boolean][] = [];
const store: KeyStore = {
  ring: async () => undefined,
  files: async () => undefined,
  token: async () => undefined,
  put: async (_, ring) => void kept.push([ring.signing.algorithm, ring.token !== undefined]),
  drop: async () => undefined,
  only: async () => undefined,
};

it("offers certificates of both suites, and opens with the half that goes with the signature", async () => {
  expect((await signingCertificates(pairing)).map(({ key }) => key)).toEqual(["sm2", "p-256"]);
  const ring = await openToken(pairing);
  expect(ring.info.signing.key).toBe("sm2");
  expect(ring.info.encryption).toMatchObject({ key: "sm2", encrypt: true, sign: false });
  expect(ring.signing.algorithm).toBe("sm2-sm3");
  const other = await openToken(pairing, halves[2]!.info.signing.digest);
  expect([other.info.signing.key, other.info.encryption.key]).toEqual(["p-256", "p-256"]);
});

it("signs by it what everybody checks, and opens the store of this device by the wrap that a token opens", async () => {
  const vault = createVault(store);
  await vault.openToken(pairing, halves[0]!.info.signing.digest, "here");
  const place = { origin: "https://kaibiao.example", project: "" };
  const act = await vault.sign(place, { act: "register", name: "x" });
  expect(act.signature?.algorithm).toBe("sm2-sm3");
  const key = { kind: "spki", spki: parseCertificate(unbase64(act.signature!.chain[0]!)!).spki.slice() } as const;
  await verify(key, "sm2-sm3", unbase64(act.signature!.value)!, message("register", place.origin, "", utf8(act.body)));
  expect(await vault.keep("draft", { price: "1" })).toBe(true);
  expect(await vault.kept("draft")).toEqual({ price: "1" });
  const again = createVault(store);
  await again.openToken(pairing, halves[0]!.info.signing.digest);
  expect(await again.kept("draft")).toEqual({ price: "1" });
  expect(asked.filter((path) => path === "locker")).toHaveLength(2);
  expect(kept).toEqual([["sm2-sm3", true]]);
});

it("hands over both signatures of the platform, and no other member", async () => {
  const { token } = await openToken(pairing);
  const signed = { body: "{}", signature: "YQ==", sm2_signature: "Yg==", more: 1 };
  const once = { body: "{}", signature: "YQ==" };
  const asks = { header: new Uint8Array(1), terms: "{}", closing: signed, receipt: once } as unknown as UnlockRequest;
  await secretByToken(token!, asks).catch(() => undefined);
  const { more: _, ...both } = signed;
  expect(JSON.parse(bodies.at(-1)!)).toMatchObject({ closing: { closing: both }, receipt: once });
  expect(bodies.at(-1)).not.toContain("more");
});
