import { describe, expect, it } from "vitest";
import {
  MemorySink,
  checkBody,
  keyFilePublic,
  newKeyFile,
  open,
  openKeyFile,
  random,
  readKbid,
  rehearse,
  seal,
  selfTest,
  testKey,
  type Bytes,
  type OpeningKey,
  type SealManner,
  type SealOrder,
} from "@/crypto/bid";
import { audit } from "@/crypto/bid/deal";
import { Role } from "@/crypto/bid/derive";
import { concat, hex } from "@/crypto/bid/encoding";
import { digestOf, sha256 } from "@/crypto/bid/hash";
import { checkNames, mediaType, nameProblem } from "@/crypto/bid/names";
import { checkB, shareOf } from "@/crypto/bid/rehearse";
import { recoverRescue } from "@/crypto/bid/open";
import { combine, evaluate, invert, multiply } from "@/crypto/bid/shamir";
import { loadSuite } from "@/crypto/suite";
import { codeOf } from "./vectors";

async function p256(): Promise<OpeningKey> {
  const pair = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"])) as CryptoKeyPair;
  return { kind: "p-256", spki: new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)), key: pair.privateKey };
}

async function rsa(): Promise<OpeningKey> {
  const algorithm = { name: "RSA-OAEP", hash: "SHA-256", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
  const pair = (await crypto.subtle.generateKey(algorithm, false, ["encrypt", "decrypt"])) as CryptoKeyPair;
  return { kind: "rsa", spki: new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)), key: pair.privateKey };
}

const custodians = await Promise.all([p256(), p256(), p256()]);
const [own, spare] = await Promise.all([p256(), rsa()]);
const spkis = custodians.map(({ spki }) => spki);

function order(documents: [string, Bytes][] = [], change: Partial<SealOrder> = {}): SealOrder {
  return {
    terms: { project: "01935b7e-8f00-7000-8000-000000000001", lot: "1", digest: "ab".repeat(32), custodians: spkis, release: 2, rescue: 3 },
    bidder: "91350100M000100Y43",
    chain: [new TextEncoder().encode("a certificate")],
    recipients: [own.spki, spare.spki],
    sheet: { open: { price: "123456789" }, kept: { manager: "欧阳建国" } },
    documents: documents.map(([name, bytes]) => ({ name, media: mediaType(name), file: new Blob([bytes]) })),
    time: 1795312800000,
    ...change,
  };
}

async function sealed(some: SealOrder, manner: SealManner = {}) {
  const sink = new MemorySink();
  return { ...(await seal(some, sink, manner)), file: sink.blob() };
}

async function refused(some: SealOrder, manner: SealManner = {}): Promise<string> {
  return sealed(some, manner).then(() => "sealed", codeOf);
}

function noise(length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

describe("a sealed bid", () => {
  const MIB = 1 << 20;
  const documents: [string, Bytes][] = [
    ["空.txt", noise(0)],
    ["一.pdf", noise(1)],
    ["满.pdf", noise(MIB)],
    ["多.pdf", noise(9 * MIB + 5)],
    ...Array.from({ length: 12 }, (_, at): [string, Bytes] => [`小-${at}.ofd`, noise(1000 * at)]),
  ];

  it("opens to exactly what went in, by release and by rescue", async () => {
    const bid = await sealed(order(documents));
    const header = await readKbid(bid.file);
    expect(header.bid).toBe(bid.bid);
    expect(bid.file.size).toBe(bid.size);
    for (const key of [own, spare]) await rehearse(header, [key]);

    const shares = await Promise.all(custodians.map((key) => shareOf(header, Role.rescue, key)));
    const b = recoverRescue(header, shares);
    checkB(header, b);
    await audit(header, Role.rescue, b, spkis);

    const found: Bytes[][] = [];
    const release = await Promise.all([custodians[2]!, custodians[0]!].map((key) => shareOf(header, Role.release, key)));
    const opened = await open(
      bid.file,
      { b, shares: release, custodians: spkis },
      (index, chunk) => void (found[index] ??= []).push(chunk),
    );
    expect(opened.sheet).toEqual({ price: "123456789" });
    expect(opened.manifest.sheet).toEqual({ manager: "欧阳建国" });
    expect(opened.manifest.documents.map(({ name, media }) => [name, media])).toEqual(documents.map(([name]) => [name, mediaType(name)]));
    for (const [index, [name, bytes]] of documents.entries()) expect(digestOf(...found[index]!), name).toBe(digestOf(bytes));
  });

  it("tells the digests of its sealed chunks, which are those of the file", async () => {
    const bid = await sealed(order(documents));
    expect(hex(await checkBody(bid.file))).toBe(hex(bid.chunks));
    expect(bid.chunks.length).toBe(32 * (2 + 1 + 1 + 1 + 10 + 12));
    const altered = new Uint8Array(await bid.file.arrayBuffer());
    altered[altered.length - 1]! ^= 1;
    await expect(checkBody(new Blob([altered]))).rejects.toMatchObject({ code: "ciphertext-mismatch" });
    await expect(checkBody(new Blob([altered.subarray(1)]))).rejects.toMatchObject({ code: "header-not-a-bid" });
    await expect(checkBody(new Blob([altered, altered]))).rejects.toMatchObject({ code: "ciphertext-length" });
  });

  it("is the same file from the same randomness, but for what RSA adds", async () => {
    const drawn = () => {
      let count = 0;
      return (length: number) => concat(sha256(Uint8Array.of(++count))).slice(0, length);
    };
    const some = order([["a.pdf", noise(5000)]], { recipients: [own.spki] });
    const [one, other] = [await sealed(some, { random: drawn() }), await sealed(some, { random: drawn() })];
    expect(one.bid).toBe(other.bid);
    expect((await sealed(some)).bid).not.toBe(one.bid);
  });

  it("reports its progress document by document, and stops when it is told to", async () => {
    const seen: string[] = [];
    const stop = new AbortController();
    const code = await refused(order([["a.pdf", noise(20 * MIB)]]), {
      signal: stop.signal,
      progress: ({ what, done, total }) => {
        seen.push(`${what} ${done / total}`);
        if (seen.length === 5) stop.abort();
      },
    });
    expect(code).toBe("cancelled");
    expect(seen.length).toBeLessThan(20);
    expect(seen[0]).toBe("document 0.05");
    const whole: string[] = [];
    await sealed(order([["a.pdf", noise(2 * MIB)]]), { progress: ({ what, index, done }) => void whole.push(`${what} ${index} ${done}`) });
    expect(whole).toEqual([`document 0 ${MIB}`, `document 0 ${2 * MIB}`, "manifest 0 0", "manifest 0 1"]);
  });

  it("never holds more than a few chunks at once, whatever the size", async () => {
    let [held, most] = [0, 0];
    const size = 64 * MIB;
    const file = {
      size,
      slice: (from: number, to: number) => ({
        arrayBuffer: async () => {
          most = Math.max(most, (held += to - from));
          return new ArrayBuffer(to - from);
        },
      }),
    } as unknown as Blob;
    let written = 0;
    const documents = [{ name: "大.pdf", media: "application/pdf", file }];
    await seal(
      { ...order(), documents },
      {
        write: async (_, bytes) => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          written += bytes.length;
          if (bytes.length > MIB) held -= MIB;
        },
      },
    );
    expect(most).toBeLessThanOrEqual(12 * MIB);
    expect(written).toBeGreaterThan(size);
  });

  it("is not handed out when the bidder's own keys would not open it", async () => {
    expect(await refused(order([], { keys: [own] }))).toBe("sealed");
    expect(await refused(order([], { keys: [custodians[0]!] }))).toBe("wrap-other-key");
  });

  it("is refused for what breaks the format's rules", async () => {
    const changed = { size: 10, slice: () => new Blob([noise(3)]) } as unknown as Blob;
    const gone = {
      size: 10,
      slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException("", "NotReadableError")) }),
    } as unknown as Blob;
    const document = (file: Blob, name = "a.pdf", media = "application/pdf") => order([], { documents: [{ name, media, file }] });
    expect(await refused(document(changed))).toBe("document-changed");
    expect(await refused(document(gone))).toBe("document-changed");
    expect(await refused(document(new Blob(), "a/b"))).toBe("name-character");
    expect(await refused(document(new Blob(), "a.pdf", "PDF"))).toBe("media-type");
    expect(
      await refused(
        order([
          ["A.pdf", noise(1)],
          ["a.PDF", noise(1)],
        ]),
      ),
    ).toBe("name-duplicate");
    expect(await refused(order([], { sheet: { open: { price: 1.5 }, kept: {} } }))).toBe("sheet-number");
    expect(await refused(order([], { sheet: { open: { note: "长".repeat(400_000) }, kept: {} } }))).toBe("manifest-too-long");
    expect(await refused(order([], { recipients: [] }))).toBe("header-field");
    expect(await refused(order([], { bidder: "91350100M000100Y44" }))).toBe("header-not-canonical");
    expect(await refused(order([], { recipients: [noise(91)] }))).toBe("key-unusable");
    const many = Array.from({ length: 1025 }, (_, at): [string, Bytes] => [`${at}`, noise(0)]);
    expect(await refused(order(many))).toBe("documents-too-many");
  });
});

describe("names of documents", () => {
  it("are accepted when they are ordinary", () => {
    for (const name of ["投标函.pdf", "工程量清单（附件 1）.xlsx", "a", "ﬁle.pdf", ".hidden", "标".repeat(85)])
      expect(nameProblem(name), name).toBeUndefined();
  });

  it.each([
    ["", "name-length"],
    ["标".repeat(86), "name-length"],
    ["a/b", "name-character"],
    ["a\\b", "name-character"],
    ["a\0", "name-character"],
    ["a\u0085", "name-character"],
    ["fdp.\u202eexe", "name-character"],
    ["a\u200b", "name-character"],
    ["a\u2028b", "name-character"],
    ["a\u{1ffff}", "name-character"],
    ["a\ud800", "name-character"],
    ["e\u0301.pdf", "name-not-normal"],
    [" a", "name-edge"],
    ["a\u3000", "name-edge"],
    ["..", "name-edge"],
    ["a.pdf.", "name-edge"],
  ])("%j are refused: %s", (name, problem) => expect(nameProblem(name)).toBe(problem));

  it("are the same when they differ in upper and lower case only", () => {
    for (const [one, other] of [
      ["A.pdf", "a.PDF"],
      ["straße.pdf", "STRASSE.pdf"],
      ["ΟΔΟΣ", "οδος"],
      ["ǅ", "ǆ"],
      ["Ａ", "ａ"],
    ])
      expect(() => checkNames([one!, "-", other!]), `${one} ${other}`).toThrow(/name-duplicate/);
    expect(() => checkNames(["A.pdf", "Ａ.pdf", "a.pdf1"])).not.toThrow();
  });
});

describe("sharing over GF(2^8)", () => {
  it("multiplies and inverts as the field does", () => {
    expect(multiply(0x57, 0x83)).toBe(0xc1);
    for (let a = 1; a < 256; a++) expect(multiply(a, invert(a))).toBe(1);
  });

  it("gives the secret for any t shares and another value for fewer", () => {
    for (let round = 0; round < 20; round++) {
      const secret = random(32);
      const t = 1 + (round % 6);
      const coefficients = Array.from({ length: t - 1 }, () => random(32));
      const shares = [9, 3, 32, 1, 7, 20].map((x) => ({ x, share: evaluate(secret, coefficients, x) }));
      expect(combine(shares.slice(0, t))).toEqual(secret);
      expect(combine(shares)).toEqual(secret);
      if (t > 1) expect(combine(shares.slice(1, t))).not.toEqual(secret);
    }
  });
});

describe("a new key file", () => {
  it("opens with its passphrase in any normal form, and with no other", async () => {
    const { text, spki } = await newKeyFile("pässwörd");
    expect(keyFilePublic(text)).toEqual(spki);
    const key = await openKeyFile(text, "pa\u0308sswo\u0308rd");
    const bid = await sealed(order([], { recipients: [spki] }));
    await rehearse(await readKbid(bid.file), [key]);
    await expect(openKeyFile(text, "passwort")).rejects.toMatchObject({ code: "passphrase-wrong" });
    await expect(newKeyFile("1234567")).rejects.toMatchObject({ code: "passphrase-too-short", params: { least: 8 } });
  });
});

describe("the self test", () => {
  const bidder = "91350100M000100Y43";
  const chain = [new TextEncoder().encode("a certificate")];

  it("seals and opens with keys of both kinds, step by step", async () => {
    const states: string[] = [];
    const list = await selfTest(
      { bidder, chain, keys: [spare, own] },
      (steps) => void states.push(steps.map(({ state }) => state[0]).join("")),
    );
    expect(list.failure).toBeUndefined();
    expect(list.steps.every(({ state }) => state === "done")).toBe(true);
    expect(states.slice(0, 3)).toEqual(["wwwww", "wwwww", "dwwww"]);
  });

  it("seals and opens with a key of SM2 in suite gm", async () => {
    await loadSuite("gm");
    const list = await selfTest({ suite: "gm", bidder, chain, keys: [await testKey("gm")] });
    expect(list.failure).toBeUndefined();
    const other = await selfTest({ suite: "gm", bidder, chain, keys: [own] });
    expect(other.failure).toEqual({ code: "recipient-key" });
  });

  it("names the step at which a key does not do its work", async () => {
    const broken = { ...custodians[0]!, spki: own.spki };
    const list = await selfTest({ bidder, chain, keys: [broken] });
    expect(list.failure).toEqual({ code: "wrap-not-opened" });
    expect(list.steps.map(({ state }) => state)).toEqual(["done", "done", "failed", "waiting", "waiting"]);
  });
});
