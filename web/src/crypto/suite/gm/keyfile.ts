/** What a key file seals its scalar with (docs/spec/suite-gm.md, 9). */
import { concat, equal, utf8 } from "../../bid/encoding";
import type { Bytes } from "../../bid/types";
import type { KeyFileCipher } from "..";
import type { Gm } from "./module";

/** Bytes of a sealed scalar. */
export const SEALED = 64;

/** Each key is stretched from a fresh salt and used once. */
const COUNTER = new Uint8Array(16);

export function keyFileCipher(gm: Gm, stretched: Bytes): KeyFileCipher {
  const encrypt = gm.expand(stretched, utf8("kaibiao/1 keyfile encrypt")).subarray(0, 16);
  const authenticate = gm.expand(stretched, utf8("kaibiao/1 keyfile authenticate"));
  stretched.fill(0);
  return {
    async seal(aad, scalar) {
      const text = gm.sm4Ctr(encrypt, COUNTER, scalar);
      return concat(text, gm.hmac(authenticate, aad, text));
    },
    async open(aad, sealed) {
      const [text, tag] = [sealed.subarray(0, 32), sealed.subarray(32)];
      return equal(tag, gm.hmac(authenticate, aad, text)) ? gm.sm4Ctr(encrypt, COUNTER, text) : undefined;
    },
  };
}
