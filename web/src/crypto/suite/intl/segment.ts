/** The cipher of a segment (docs/spec/sealed-bid.md, 8): STREAM over AES-256-GCM, on WebCrypto's own threads. */
import { concat, u32, u8, utf8 } from "../../bid/encoding";
import type { Bytes } from "../../bid/types";
import type { Chunk, SegmentCipher, SegmentPlace } from "..";
import { aead } from "./aead";
import { sha256Async } from "./digest";
import { expand } from "./kdf";

export const TAG = 16;

/** EK_i */
export function encryptionKey(segmentKey: Bytes, envelope: number): Bytes {
  return expand(segmentKey, utf8("kaibiao/1 encrypt"), u8(envelope));
}

export async function segmentCipher(key: Bytes, { hctx, envelope, segment, chunks }: SegmentPlace): Promise<SegmentCipher> {
  const cipher = await aead(encryptionKey(key, envelope));
  const bound = concat(hctx, u8(envelope), u32(segment));
  /** The chunk's number, and whether it is the last. */
  const nonce = (k: number) => concat(new Uint8Array(7), u32(k), u8(k === chunks - 1 ? 1 : 0));
  const seal = async (k: number, plain: Bytes): Promise<Chunk> => {
    const noted = sha256Async(plain);
    const bytes = await cipher.seal(nonce(k), bound, plain);
    const sealed = await sha256Async(bytes);
    return { bytes, plain: await noted, sealed };
  };
  const open = async (k: number, sealed: Bytes): Promise<Chunk> => {
    const digest = await sha256Async(sealed);
    const bytes = await cipher.open(nonce(k), bound, sealed);
    return { bytes, plain: bytes && (await sha256Async(bytes)), sealed: digest };
  };
  return {
    seal: (first, plain) => plain.map((chunk, at) => seal(first + at, chunk)),
    open: (first, sealed) => sealed.map((chunk, at) => open(first + at, chunk)),
    // WebCrypto holds the key, and lets go of it with this.
    forget: () => {},
  };
}
