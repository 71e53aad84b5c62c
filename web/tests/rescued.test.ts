/** Rescues, and documents of several chunks: crypto/vectors/sealed-bid/{rescues,large}.json. */
import { describe, expect, it } from "vitest";
import { open, parseHeader, type Bytes, type CryptoFailure, type Header } from "@/crypto/bid";
import { audit, derivationOf } from "@/crypto/bid/deal";
import { Role } from "@/crypto/bid/derive";
import { concat, hex } from "@/crypto/bid/encoding";
import { digestOf } from "@/crypto/bid/hash";
import { recoverRescue } from "@/crypto/bid/open";
import { checkShare } from "@/crypto/bid/rehearse";
import { ChunkDigests, chunksOf, sealChunks } from "@/crypto/bid/segment";
import { combine } from "@/crypto/bid/shamir";
import { b64, codeOf, unhexed, vectors } from "./vectors";

interface Share {
  x: number;
  share: string;
}

const read = (shares: Share[]) => shares.map(({ x, share }) => ({ x, share: unhexed(share) }));

describe("every rescue of the vectors", () => {
  interface Rescue {
    name: string;
    header: string;
    custodians: string[];
    shares: Share[];
    outcome: unknown;
  }
  const { cases } = vectors<{ cases: Rescue[] }>("sealed-bid/rescues.json");

  it.each(cases)("has its outcome: $name", async ({ header, custodians, shares, outcome }) => {
    const parsed = parseHeader(b64(header));
    let at = "";
    let found: unknown;
    try {
      const known = read(shares);
      for (const { x, share } of known) {
        at = `share ${x}`;
        checkShare(parsed, Role.rescue, x, share);
      }
      at = "rescue";
      const b = recoverRescue(parsed, known);
      at = "dealing";
      await audit(parsed, Role.rescue, b, custodians.map(b64));
      found = { b: hex(b) };
    } catch (error) {
      found = { at, code: codeOf(error) };
    }
    expect(found).toEqual(outcome);
  });
});

describe("every document of several chunks", () => {
  interface Large {
    name: string;
    header: string;
    sheet: string;
    manifest: string;
    plaintext: number;
    chunks: number[];
    flip: number | null;
    file_sha256: string;
    b: string;
    shares: Share[];
    outcome: unknown;
  }
  const { cases, custodians } = vectors<{ cases: Large[]; custodians: string[] }>("sealed-bid/large.json");

  /** The sealed chunks of the stated plaintext, as an honest sealer makes them. */
  async function sealed(header: Header, { b, shares, plaintext }: Large): Promise<Bytes[]> {
    const derivation = derivationOf(header);
    const r = combine(read(shares));
    const key = derivation.segmentKey(derivation.prk(derivation.dek(unhexed(b), r)), 2);
    const cipher = await derivation.cipher(key, 2, plaintext);
    const plain = Uint8Array.from({ length: plaintext }, (_, k) => k % 251);
    const digests = new ChunkDigests(plaintext);
    const chunks: Bytes[] = [];
    for (const { k, plain: from, size } of chunksOf(plaintext, header.suite.tag))
      chunks.push(...(await Promise.all(sealChunks(cipher, digests, k, [plain.slice(from, from + size)]))));
    return chunks;
  }

  it.each(cases)("has its outcome: $name", async (bid) => {
    const header = parseHeader(b64(bid.header));
    const chunks = await sealed(header, bid);
    const document = concat(...bid.chunks.map((at) => chunks[at]!));
    if (bid.flip !== null) document[bid.flip]! ^= 1;
    const file = concat(header.bytes, b64(bid.sheet), b64(bid.manifest), document);
    expect(digestOf(file)).toBe(bid.file_sha256);
    const secrets = { b: unhexed(bid.b), shares: read(bid.shares), custodians: custodians.map(b64) };
    const documents: Bytes[] = [];
    let found: unknown;
    try {
      const opened = await open(new Blob([file]), secrets, (_, chunk) => void documents.push(chunk));
      found = {
        bid: opened.header.bid,
        r: hex(opened.r),
        sheet_key: hex(opened.sheetKey),
        sheet: opened.sheet,
        manifest: opened.manifest,
        documents_sha256: [digestOf(...documents)],
      };
    } catch (error) {
      const code = codeOf(error);
      found = { at: (error as CryptoFailure).params?.["at"], code };
    }
    expect(found).toEqual(bid.outcome);
  });
});
