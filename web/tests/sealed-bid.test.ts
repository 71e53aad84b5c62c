import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { audit } from "@/crypto/bid/deal";
import { Derivation, Role } from "@/crypto/bid/derive";
import { concat, hex, utf8 } from "@/crypto/bid/encoding";
import { digestOf, sha256 } from "@/crypto/bid/hash";
import { commitPlaintext, frame } from "@/crypto/bid/message";
import { ChunkDigests, chunksOf, sealChunks } from "@/crypto/bid/segment";
import { newKeyFile, openScalar } from "@/crypto/bid/keyfile";
import { rehearse, secretOf, shareOf } from "@/crypto/bid/rehearse";
import { type CryptoFailure, open, parseHeader, repeatSheet, readKbid, type Bytes, type OpeningKey } from "@/crypto/bid";
import { partsOf, parsePromise } from "@/crypto/bid/header";
import { checkNames } from "@/crypto/bid/names";
import { createVault } from "@/crypto/vault";
import { pointOf, spkiOf } from "@/crypto/suite/intl/p256";
import { encryptionKey } from "@/crypto/suite/intl/segment";
import { b64, codeOf, unhexed, vectors } from "./vectors";

describe("the derivations of the sealed bid", () => {
  const v = vectors<Record<string, any>>("sealed-bid/derivations.json");
  const hctx = sha256(utf8(v["ctx"]));
  const derivation = new Derivation(unhexed(v["msg_id"]), hctx);
  const [b, r] = [unhexed(v["b"]), unhexed(v["r"])];
  const prk = derivation.prk(derivation.dek(b, r));

  it("give the keys and commitments of the vectors", () => {
    expect(hex(hctx)).toBe(v["hctx"]);
    expect(hex(derivation.dek(b, r))).toBe(v["DEK"]);
    expect(hex(derivation.commitB(b))).toBe(v["KB"]);
    expect(hex(derivation.commitR(r))).toBe(v["KR"]);
    expect(hex(derivation.commitDek(prk))).toBe(v["KC"]);
    for (const { segment, SK, EK, KC } of v["segments"]) {
      const key = derivation.segmentKey(prk, segment);
      expect([hex(key), hex(encryptionKey(key, 0)), hex(derivation.commitSegment(key))]).toEqual([SK, EK, KC]);
    }
  });

  it("deal the shares of the vectors", () => {
    for (const { role, t, n, secret, dealt } of v["dealing"]) {
      const shares = derivation.deal(role, t, n, unhexed(secret));
      expect(
        shares.map(({ x, share, commitment, ephemeral }) => ({ KS: hex(commitment), ephemeral_ikm: hex(ephemeral), share: hex(share), x })),
      ).toEqual(dealt);
    }
  });

  it("frame and commit to a message as in the vectors", () => {
    const { salt, message, length, sha256: whole, P_0 } = v["frame"];
    const framed = frame(unhexed(salt), utf8(message));
    expect([framed.length, digestOf(framed)]).toEqual([length, whole]);
    expect(hex(commitPlaintext(0, unhexed(salt), utf8(message)))).toBe(P_0);
  });

  it("seal streams of every length to the committed digests", async () => {
    for (const stream of v["streams"]) {
      const plain = Uint8Array.from({ length: stream.length }, (_, k) => k % 251);
      const digests = new ChunkDigests(plain.length);
      const cipher = await derivation.cipher(derivation.segmentKey(prk, stream.segment), stream.segment, plain.length);
      const sealed: Bytes[] = [];
      for (const { k, plain: from, size } of chunksOf(plain.length, 16))
        sealed.push(...(await Promise.all(sealChunks(cipher, digests, k, [plain.slice(from, from + size)]))));
      const ciphertext = concat(...sealed);
      expect(
        [ciphertext.length, digestOf(ciphertext), hex(digests.ciphertext()), hex(digests.document())],
        `${stream.length} bytes`,
      ).toEqual([stream.ciphertext_length, stream.ciphertext_sha256, stream.C, stream.document_digest]);
    }
  });
});

describe("every header of the vectors", () => {
  const { cases } = vectors<{ cases: { name: string; header: string; outcome: unknown }[] }>("sealed-bid/headers.json");
  it("is there", () => expect(cases.length).toBeGreaterThan(50));
  it.each(cases)("has its outcome: $name", ({ header, outcome }) => {
    let found: unknown;
    try {
      found = { bid: parseHeader(b64(header)).bid };
    } catch (error) {
      found = { code: codeOf(error) };
    }
    expect(found).toEqual(outcome);
  });
});

/** The keys of the vectors are PKCS #8; their public halves are not beside them. */
async function openingKey(pkcs8: Bytes): Promise<OpeningKey> {
  try {
    const rsa = { name: "RSA-OAEP", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, rsa, true, ["decrypt"]);
    const { n, e } = await crypto.subtle.exportKey("jwk", key);
    const open = await crypto.subtle.importKey("jwk", { kty: "RSA", n: n!, e: e! }, rsa, true, ["encrypt"]);
    return { kind: "rsa", spki: new Uint8Array(await crypto.subtle.exportKey("spki", open)), key };
  } catch {
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const { d } = await crypto.subtle.exportKey("jwk", key);
    const scalar = new Uint8Array(Buffer.from(d!, "base64url"));
    return { kind: "p-256", spki: spkiOf(pointOf(scalar)), key };
  }
}

describe("every wrap of the vectors", () => {
  const { cases } = vectors<{ cases: { name: string; header: string; key: string; role: Role; outcome: unknown }[] }>(
    "sealed-bid/wraps.json",
  );
  it.each(cases)("has its outcome: $name", async ({ header, key, role, outcome }) => {
    const parsed = parseHeader(b64(header));
    const own = await openingKey(b64(key));
    let found: unknown;
    try {
      const secret = role === Role.recipient ? await secretOf(parsed, [own], parsed.bid) : (await shareOf(parsed, role, own)).share;
      found = { secret: hex(secret) };
    } catch (error) {
      found = { code: codeOf(error) };
    }
    expect(found).toEqual(outcome);
  });

  it("gives no secret under a header that no submit act of one's own names", async () => {
    const { header, key } = cases[0]!;
    const parsed = parseHeader(b64(header));
    const own = await openingKey(b64(key));
    await expect(secretOf(parsed, [own], "0".repeat(64))).rejects.toMatchObject({ code: "other-bid" });
    await expect(rehearse(parsed, [own])).resolves.toEqual({ key: 0 });
  });
});

describe("every key file of the vectors", () => {
  const { cases } = vectors<{ cases: { name: string; file: string; passphrase: string; outcome: unknown }[] }>("sealed-bid/key-files.json");
  it.each(cases)("has its outcome: $name", async ({ file, passphrase, outcome }) => {
    let found: unknown;
    try {
      found = { scalar: hex((await openScalar(file, passphrase)).scalar) };
    } catch (error) {
      found = { code: codeOf(error) };
    }
    expect(found).toEqual(outcome);
  });
});

describe("every key file that is to be written", () => {
  const { written } = vectors<{ written: { name: string; scalar: string; salt: string; passphrase: string; outcome: unknown }[] }>(
    "sealed-bid/key-files.json",
  );
  it.each(written)("has its outcome: $name", async ({ scalar, salt, passphrase, outcome }) => {
    // What is drawn: the key of 32 bytes first, the salt of 16 then.
    const random = (length: number) => unhexed(length === 32 ? scalar : salt);
    let found: unknown;
    try {
      found = { file: (await newKeyFile(passphrase, random)).text };
    } catch (error) {
      found = { code: codeOf(error) };
    }
    expect(found).toEqual(outcome);
  });
});

describe("every list of names of the vectors", () => {
  const { cases } = vectors<{ cases: { name: string; names: string[]; outcome: unknown }[] }>("sealed-bid/names.json");
  it.each(cases)("has its outcome: $name", ({ names, outcome }) => {
    let found: unknown = "valid";
    try {
      checkNames(names);
    } catch (error) {
      const index = (error as CryptoFailure).params?.index;
      found = { index, code: codeOf(error) };
    }
    expect(found).toEqual(outcome);
  });
});

interface BidCase {
  name: string;
  file: string[];
  b: string;
  shares: { x: number; share: string }[];
  outcome: Record<string, unknown>;
}

describe("every bid of the vectors", () => {
  const { blobs, cases, custodians } = vectors<{ blobs: Record<string, string>; cases: BidCase[]; custodians: string[] }>(
    "sealed-bid/bids.json",
  );
  const fileOf = (bid: BidCase) => new Blob(bid.file.map((name) => b64(blobs[name]!)));
  const secretsOf = (bid: BidCase) => ({
    b: unhexed(bid.b),
    shares: bid.shares.map(({ x, share }) => ({ x, share: unhexed(share) })),
    custodians: custodians.map(b64),
  });

  it.each(cases)("has its outcome: $name", async (bid) => {
    const documents: Bytes[][] = [];
    let found: unknown;
    try {
      const opened = await open(fileOf(bid), secretsOf(bid), (index, chunk) => void (documents[index] ??= []).push(chunk));
      found = {
        bid: opened.header.bid,
        r: hex(opened.r),
        sheet_key: hex(opened.sheetKey),
        sheet: opened.sheet,
        manifest: opened.manifest,
        documents_sha256: documents.map((chunks) => digestOf(...chunks)),
      };
    } catch (error) {
      const code = codeOf(error);
      found = { at: (error as CryptoFailure).params?.["at"], code };
    }
    expect(found).toEqual(bid.outcome);
  });

  it("shows its sheet again to whoever holds SK_0, and nothing to who holds another key", async () => {
    const bid = cases[0]!;
    const file = fileOf(bid);
    const header = await readKbid(file);
    const [ctx, commitments] = partsOf(header.bytes);
    const promised = parsePromise(ctx, commitments);
    const { ciphertext } = promised.places[0]!;
    const segment = new Uint8Array(await file.slice(header.bytes.length, header.bytes.length + ciphertext).arrayBuffer());
    const key = unhexed(bid.outcome["sheet_key"] as string);
    expect(await repeatSheet(promised, key, segment)).toEqual(bid.outcome["sheet"]);
    key[0]! ^= 1;
    await expect(repeatSheet(promised, key, segment)).rejects.toMatchObject({ code: "segment-key-mismatch" });
    key[0]! ^= 1;
    await expect(repeatSheet(promised, key, segment.slice(1))).rejects.toMatchObject({ code: "ciphertext-length" });
    segment[5]! ^= 1;
    await expect(repeatSheet(promised, key, segment)).rejects.toMatchObject({ code: "ciphertext-mismatch" });
  });

  it("is proved to be of its bid before its sheet is shown again", async () => {
    const bid = cases[0]!;
    const file = fileOf(bid);
    const header = await readKbid(file);
    const [ctx, commitments, wraps, chain] = partsOf(header.bytes);
    const { ciphertext } = header.places[0]!;
    const segment = new Uint8Array(await file.slice(header.bytes.length, header.bytes.length + ciphertext).arrayBuffer());
    const digest = (bytes: Bytes) => createHash("sha256").update(bytes).digest("hex");
    const proof = {
      context: Buffer.from(ctx).toString("base64"),
      commitments: Buffer.from(commitments).toString("base64"),
      wraps: digest(wraps),
      chain: digest(chain),
      ciphertext: Buffer.from(segment).toString("base64"),
      segment_key: Buffer.from(unhexed(bid.outcome["sheet_key"] as string)).toString("base64"),
    };
    const vault = createVault();
    expect(await vault.reopenSheet(header.bid, proof)).toEqual(bid.outcome["sheet"]);
    const others = [{ wraps: digest(chain) }, { chain: "x" }];
    for (const other of others)
      await expect(vault.reopenSheet(header.bid, { ...proof, ...other })).rejects.toMatchObject({ code: "bid-digest-mismatch" });
    await expect(vault.reopenSheet("0".repeat(64), proof)).rejects.toMatchObject({ code: "bid-digest-mismatch" });
    await expect(vault.reopenSheet(header.bid, { ...proof, segment_key: undefined })).rejects.toMatchObject({
      code: "segment-key-mismatch",
    });
  });

  it("is audited against the custodians it was sealed for only", async () => {
    const header = await readKbid(fileOf(cases[0]!));
    const r = unhexed(cases[0]!.outcome["r"] as string);
    await expect(audit(header, Role.release, r, custodians.map(b64).reverse())).rejects.toMatchObject({ code: "other-custodians" });
  });
});

it("the ciphertext that opens under two keys is why keys are committed to", async () => {
  const v = vectors<Record<string, string>>("sealed-bid/two-keys.json");
  const opened = await Promise.all(
    [v["k1"]!, v["k2"]!].map(async (key) => {
      const imported = await crypto.subtle.importKey("raw", unhexed(key), "AES-GCM", false, ["decrypt"]);
      const parameters = { name: "AES-GCM", iv: unhexed(v["nonce"]!), additionalData: unhexed(v["aad"]!) };
      return hex(new Uint8Array(await crypto.subtle.decrypt(parameters, imported, concat(unhexed(v["ct"]!), unhexed(v["tag"]!)))));
    }),
  );
  expect(new Set(opened).size).toBe(2);
});
