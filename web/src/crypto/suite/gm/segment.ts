/** The cipher of a segment (docs/spec/suite-gm.md, 4), several chunks in one call. */
import type { Bytes } from "../../bid/types";
import type { Chunk, SegmentCipher, SegmentPlace } from "..";
import type { Gm } from "./module";

export const TAG = 32;
/** Of each chunk: of its plaintext and of its sealed form. */
const DIGESTS = 64;

export function segmentCipher(gm: Gm, key: Bytes, { hctx, envelope, segment, chunks }: SegmentPlace): SegmentCipher {
  const cipher = gm.segment(key, envelope, segment, hctx, chunks - 1);
  let forgotten = false;
  return {
    seal(first, plain, room) {
      const bytes = joined(plain, TAG, room);
      const digests = cipher.seal(first, bytes);
      const lengths = plain.map((chunk) => chunk.length + TAG);
      return each(bytes, digests, lengths, 0);
    },
    open(first, sealed) {
      const bytes = joined(sealed, 0);
      const digests = cipher.open(first, bytes);
      const lengths = sealed.map((chunk) => chunk.length);
      return each(bytes, digests, lengths, TAG);
    },
    forget() {
      if (!forgotten) cipher.free();
      forgotten = true;
    },
  };
}

/** Chunks one after the other, with so many bytes behind each. */
function joined(chunks: Bytes[], behind: number, room?: Bytes): Bytes {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length + behind, 0);
  const bytes = room?.subarray(0, length) ?? new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length + behind;
  }
  return bytes;
}

/** What has become of each chunk; `less` bytes at its end are none of it. */
function each(chunks: Bytes, digests: Bytes, lengths: number[], less: number): Promise<Chunk>[] {
  let at = 0;
  return lengths.map(async (length, which) => {
    const bytes = chunks.subarray(at, at + length - less);
    at += length;
    const [plain, sealed] = [0, 32].map((from) => digests.slice(DIGESTS * which + from, DIGESTS * which + from + 32)) as [Bytes, Bytes];
    // No text hashes to zeros: what is not authentic is told so.
    const isAuthentic = plain.some((byte) => byte !== 0);
    return { bytes: isAuthentic ? bytes : undefined, plain: isAuthentic ? plain : undefined, sealed };
  });
}
