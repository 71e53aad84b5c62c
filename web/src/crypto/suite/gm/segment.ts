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
    seal(first, plain) {
      const length = plain.reduce((sum, chunk) => sum + chunk.length + TAG + DIGESTS, 0);
      const bytes = new Uint8Array(length);
      let at = 0;
      for (const chunk of plain) {
        bytes.set(chunk, at);
        at += chunk.length + TAG;
      }
      const found = cipher.seal(first, plain.length, bytes);
      bytes.fill(0);
      const lengths = plain.map((chunk) => chunk.length + TAG);
      return each(found, lengths, 0);
    },
    open(first, sealed) {
      const bytes = new Uint8Array(sealed.reduce((sum, chunk) => sum + chunk.length + DIGESTS, 0));
      let at = 0;
      for (const chunk of sealed) {
        bytes.set(chunk, at);
        at += chunk.length;
      }
      const found = cipher.open(first, sealed.length, bytes);
      const lengths = sealed.map((chunk) => chunk.length);
      return each(found, lengths, TAG);
    },
    forget() {
      if (!forgotten) cipher.free();
      forgotten = true;
    },
  };
}

/** What stands in the module's answer of each chunk; `less` bytes at a chunk's end are none of it. */
function each(found: Bytes, lengths: number[], less: number): Promise<Chunk>[] {
  let at = 0;
  let digests = found.length - DIGESTS * lengths.length;
  return lengths.map(async (length) => {
    const bytes = found.subarray(at, at + length - less);
    const plain = found.slice(digests, digests + 32);
    const sealed = found.slice(digests + 32, digests + DIGESTS);
    at += length;
    digests += DIGESTS;
    // No text hashes to zeros: what is not authentic is told so.
    const isAuthentic = plain.some((byte) => byte !== 0);
    return { bytes: isAuthentic ? bytes : undefined, plain: isAuthentic ? plain : undefined, sealed };
  });
}
