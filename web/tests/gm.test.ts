/** The page against the vectors of suite gm (docs/spec/suite-gm.md). */
import { beforeAll, describe, expect, it } from "vitest";
import { Derivation, Role } from "@/crypto/bid/derive";
import { concat, hex, unbase64, utf8 } from "@/crypto/bid/encoding";
import { digestOf } from "@/crypto/bid/hash";
import { newKeyFile, openKeyFile, openScalar } from "@/crypto/bid/keyfile";
import { rehearse, secretOf, shareOf } from "@/crypto/bid/rehearse";
import { ChunkDigests, chunksOf, sealChunks } from "@/crypto/bid/segment";
import { MemorySink, checkBody, seal, type SealOrder } from "@/crypto/bid/seal";
import { type CryptoFailure, open, parseHeader, readKbid, type Bytes, type OpeningKey } from "@/crypto/bid";
import { loadGm, type Gm } from "@/crypto/suite/gm/module";
import { spkiOf } from "@/crypto/suite/gm/point";
import { intl, loadSuite, suiteNamed, type Suite } from "@/crypto/suite";
import { b64, codeOf, unhexed, vectors } from "./vectors";

let gm: Suite;
let algorithms: Gm;

beforeAll(async () => {
  await loadSuite("gm");
  gm = suiteNamed("gm")!;
  algorithms = await loadGm();
});

describe("the derivations of suite gm", () => {
  const v = vectors<Record<string, any>>("gm/derivations.json");
  const over = () => new Derivation(unhexed(v["msg_id"]), gm.digest(utf8(v["ctx"])), gm);

  it("give the keys and commitments of the vectors", () => {
    const derivation = over();
    const [b, r] = [unhexed(v["b"]), unhexed(v["r"])];
    expect(hex(gm.digest(utf8(v["ctx"])))).toBe(v["hctx"]);
    const prk = derivation.prk(derivation.dek(b, r));
    const found = [derivation.dek(b, r), derivation.commitB(b), derivation.commitR(r), derivation.commitDek(prk)];
    expect(found.map(hex)).toEqual([v["DEK"], v["KB"], v["KR"], v["KC"]]);
    for (const { segment, SK, KC } of v["segments"]) {
      const key = derivation.segmentKey(prk, segment);
      expect([hex(key), hex(derivation.commitSegment(key))]).toEqual([SK, KC]);
    }
  });

  it("deal the shares of the vectors", () => {
    const shares = over().deal(Role.release, 2, 3, unhexed(v["r"]));
    for (const [at, { KS, ephemeral_ikm, share, x }] of v["dealing"].entries()) {
      const found = shares[at]!;
      expect([hex(found.commitment), hex(found.ephemeral), hex(found.share), found.x]).toEqual([KS, ephemeral_ikm, share, x]);
    }
  });

  it("seal streams of every length to the committed digests, one chunk or several at a time", async () => {
    const derivation = over();
    const prk = derivation.prk(derivation.dek(unhexed(v["b"]), unhexed(v["r"])));
    for (const stream of v["streams"])
      for (const together of [false, true]) {
        const plain = Uint8Array.from({ length: stream.length }, (_, k) => k % 251);
        const digests = new ChunkDigests(plain.length, gm);
        const cipher = await derivation.cipher(derivation.segmentKey(prk, stream.segment), stream.segment, plain.length);
        const chunks = [...chunksOf(plain.length, gm.tag)].map(({ plain: from, size }) => plain.slice(from, from + size));
        const sealed = together
          ? await Promise.all(sealChunks(cipher, digests, 0, chunks))
          : await Promise.all(chunks.flatMap((chunk, k) => sealChunks(cipher, digests, k, [chunk])));
        const ciphertext = concat(...sealed);
        const found = [ciphertext.length, hex(digests.ciphertext()), hex(digests.document()), hex(sealed[0]!.slice(-32))];
        expect(found, `${stream.length} bytes`).toEqual([
          stream.ciphertext_length,
          stream.C,
          stream.document_digest,
          stream.first_tag ?? found[3],
        ]);
        const opened = await Promise.all(cipher.open(0, sealed));
        expect(concat(...opened.map(({ bytes }) => bytes!))).toEqual(plain);
        sealed[0]![0]! ^= 1;
        expect((await Promise.all(cipher.open(0, sealed)))[0]!.bytes).toBeUndefined();
        cipher.forget();
      }
  });
});

/** The curve's identifier, 1.2.156.10197.1.301. */
const CURVE = "06082a811ccf5501822d";

/** The scalar stands in the PKCS #8 behind its heads. */
async function openingKey(pkcs8: Bytes): Promise<OpeningKey> {
  const heads = "0201010420";
  const at = hex(pkcs8).indexOf(heads) / 2 + heads.length / 2;
  const scalar = pkcs8.slice(at, at + 32);
  const suite = hex(pkcs8).includes(CURVE) ? gm : intl;
  return suite.openingKey(scalar, suite.publicOf(scalar));
}

async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return { code: codeOf(error) };
  }
}

describe("every header of the vectors of suite gm", () => {
  const { cases } = vectors<{ cases: { name: string; header: string; outcome: unknown }[] }>("gm/headers.json");
  it.each(cases)("has its outcome: $name", async ({ header, outcome: expected }) => {
    expect(await outcome(() => ({ bid: parseHeader(b64(header)).bid }))).toEqual(expected);
  });
});

describe("every wrap of the vectors of suite gm", () => {
  const { cases } = vectors<{ cases: { name: string; header: string; key: string; role: Role; outcome: unknown }[] }>("gm/wraps.json");
  it.each(cases)("has its outcome: $name", async ({ header, key, role, outcome: expected }) => {
    const parsed = parseHeader(b64(header));
    const own = await openingKey(b64(key));
    const found = await outcome(async () => {
      const secret = role === Role.recipient ? await secretOf(parsed, [own], parsed.bid) : (await shareOf(parsed, role, own)).share;
      return { secret: hex(secret) };
    });
    expect(found).toEqual(expected);
  });
});

describe("every key file of the vectors of suite gm", () => {
  const { cases } = vectors<{ cases: { name: string; file: string; passphrase: string; outcome: unknown }[] }>("gm/key-files.json");
  it.each(cases)("has its outcome: $name", async ({ file, passphrase, outcome: expected }) => {
    expect(await outcome(async () => ({ scalar: hex((await openScalar(file, passphrase)).scalar) }))).toEqual(expected);
  });
});

describe("every signature of the vectors of suite gm", () => {
  const { cases } = vectors<{ cases: { name: string; key: string; message: string; value: string; expect: string }[] }>(
    "gm/signatures.json",
  );
  it.each(cases)("has its outcome: $name", ({ key, message, value, expect: expected }) => {
    const found = algorithms.sm2Verify(unhexed(key), unhexed(message), unhexed(value));
    expect(found === "valid" ? "accepted" : `signature-${found}`).toBe(expected);
  });
});

interface BidCase {
  name: string;
  file: string[];
  b: string;
  shares: { x: number; share: string }[];
  outcome: Record<string, unknown>;
}

describe("every bid of the vectors of suite gm", () => {
  const { blobs, cases, custodians } = vectors<{ blobs: Record<string, string>; cases: BidCase[]; custodians: string[] }>("gm/bids.json");

  it.each(cases)("has its outcome: $name", async (bid) => {
    const documents: Bytes[][] = [];
    const file = new Blob(bid.file.map((name) => b64(blobs[name]!)));
    const secrets = {
      b: unhexed(bid.b),
      shares: bid.shares.map(({ x, share }) => ({ x, share: unhexed(share) })),
      custodians: custodians.map(b64),
    };
    let found: unknown;
    try {
      const opened = await open(file, secrets, (index, chunk) => void (documents[index] ??= []).push(chunk));
      found = {
        bid: opened.header.bid,
        r: hex(opened.r),
        sheet_key: hex(opened.sheetKey),
        sheet: opened.sheet,
        manifest: opened.manifest,
        documents_sha256: documents.map((chunks) => digestOf(...chunks)),
      };
    } catch (error) {
      found = { at: (error as CryptoFailure).params?.["at"], code: codeOf(error) };
    }
    expect(found).toEqual(bid.outcome);
  });
});

describe("a bid that the page seals in suite gm", () => {
  const noise = (length: number) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, Math.min(length, at + 65536)));
    return bytes;
  };

  const key = (): OpeningKey => {
    const scalar = noise(32);
    scalar[0] = 1;
    return { kind: "sm2", scalar, spki: spkiOf(algorithms.sm2Public(scalar)!) };
  };

  const order = (own: OpeningKey, custodians: OpeningKey[], documents: Bytes[], change: Partial<SealOrder> = {}): SealOrder => ({
    terms: {
      suite: "gm",
      project: "00000000-0000-7000-8000-000000000000",
      lot: "1",
      digest: "0".repeat(64),
      custodians: custodians.map(({ spki }) => spki),
      release: 2,
      rescue: 3,
    },
    bidder: "91350100M000100Y43",
    chain: [utf8("certificate")],
    recipients: [own.spki],
    sheet: { open: { price: "1.00" }, kept: {} },
    documents: documents.map((bytes, at) => ({ name: `${at}.bin`, media: "application/octet-stream", file: new Blob([bytes]) })),
    time: 1,
    keys: [own],
    ...change,
  });

  it("opens with its secrets, whatever the sizes", async () => {
    const [own, custodians] = [key(), [key(), key(), key()]];
    const documents = [0, 1, 1 << 20, (1 << 20) + 1, 5 * (1 << 20) + 77].map(noise);
    const sink = new MemorySink();
    const sealed = await seal(order(own, custodians, documents), sink);
    const file = sink.blob();
    const header = await readKbid(file);
    expect([header.suite.name, header.bid]).toEqual(["gm", sealed.bid]);
    expect(hex(await checkBody(file))).toBe(hex(sealed.chunks));
    await rehearse(header, [own]);
    const b = await secretOf(header, [own], sealed.bid);
    const shares = await Promise.all(custodians.slice(1).map((it) => shareOf(header, Role.release, it)));
    const found: Bytes[][] = [];
    const secrets = { b, shares, custodians: custodians.map(({ spki }) => spki) };
    const opened = await open(file, secrets, (index, chunk) => void (found[index] ??= []).push(chunk));
    expect(opened.sheet).toEqual({ price: "1.00" });
    expect(documents.map((bytes, at) => hex(gm.digest(...(found[at] ?? []))) === hex(gm.digest(bytes)))).toEqual(documents.map(() => true));
  });

  it("waits for a sink that takes its time, before a block's room is another's", async () => {
    const [own, custodians] = [key(), [key(), key(), key()]];
    const sink = new MemorySink();
    const slow = {
      async write(at: number, bytes: Bytes) {
        await new Promise((resolve) => setTimeout(resolve, at % 7));
        sink.write(at, bytes);
      },
    };
    const documents = Array.from({ length: 20 }, (_, at) => noise(1000 + at));
    const sealed = await seal(order(own, custodians, documents), slow);
    expect(hex(await checkBody(sink.blob()))).toBe(hex(sealed.chunks));
  });

  it("takes no key of the other suite", async () => {
    const { spki } = await newKeyFile("passphrase");
    const some = order(key(), [key(), key(), key()], [], { recipients: [spki] });
    await expect(seal(some, new MemorySink())).rejects.toMatchObject({ code: "recipient-key" });
    const intl = order(key(), [key(), key(), key()], []);
    delete intl.terms.suite;
    await expect(seal(intl, new MemorySink())).rejects.toMatchObject({ code: "recipient-key" });
  });

  it("opens with a key file", async () => {
    const { text, spki } = await newKeyFile("pässwörd", undefined, gm);
    expect(unbase64(JSON.parse(text).sealed)!.length).toBe(64);
    const own = await openKeyFile(text, "pa\u0308sswo\u0308rd");
    expect(own.spki).toEqual(spki);
    const sink = new MemorySink();
    await seal(order(own, [key(), key(), key()], []), sink);
    await expect(openKeyFile(text, "passwort")).rejects.toMatchObject({ code: "passphrase-wrong" });
  });
});
