/** Keys of SM2 (docs/spec/suite-gm.md, 2). */
import { concat } from "../../bid/encoding";
import type { Bytes } from "../../bid/types";

/** The DER before the point of a SubjectPublicKeyInfo. */
const SPKI = Uint8Array.from([
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d,
  0x03, 0x42, 0x00,
]);

export function spkiOf(point: Uint8Array): Bytes {
  return concat(SPKI, point);
}

/** Whether a SubjectPublicKeyInfo is one of SM2, in the one spelling that keys are named by. */
export function isOfGm(spki: Uint8Array): boolean {
  return spki.length === SPKI.length + 65 && SPKI.every((byte, at) => spki[at] === byte);
}

/** The point of a key in that spelling, on the curve or not. */
export function pointIn(spki: Uint8Array): Bytes | undefined {
  return isOfGm(spki) ? (spki.slice(SPKI.length) as Bytes) : undefined;
}
