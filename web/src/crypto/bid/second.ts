/** The platform's second signature, by its SM2 certificate, in projects of suite gm (docs/spec/signatures.md, 4). */
import { loadGm } from "../suite/gm/module";
import { parseCertificate } from "../x509";
import { hex, unbase64 } from "./encoding";
import { fail } from "./failure";
import type { Bytes } from "./types";

/** All that stands before the point in a SubjectPublicKeyInfo of SM2, in each spelling that is accepted (docs/spec/suite-gm.md, 8). */
const SPELLINGS = [
  "3059301306072a8648ce3d020106082a811ccf5501822d034200",
  "3050300a06082a811ccf5501822d034200",
  "3052300c06082a811ccf5501822d0500034200",
];
const POINT = 65;
const DIGITAL_SIGNATURE = 0;
const MOST = 8;

/**
 * The point of the platform's certificate, as sealing terms or a policy name it: base64
 * DER, leaf first; nothing where they name none. Refusal: terms-platform-key.
 */
export function sm2Point(chain: string[] = []): Bytes | undefined {
  if (chain.length === 0) return undefined;
  if (chain.length > MOST) fail("terms-platform-key");
  const [leaf] = chain.map(certificate);
  const { spki, usage } = leaf!;
  const point = spki.slice(-POINT);
  const before = hex(spki.subarray(0, spki.length - POINT));
  return SPELLINGS.includes(before) && usage?.has(DIGITAL_SIGNATURE) ? point : fail("terms-platform-key");
}

function certificate(base64: string): ReturnType<typeof parseCertificate> {
  try {
    return parseCertificate(unbase64(base64) ?? fail("terms-platform-key"));
  } catch {
    return fail("terms-platform-key");
  }
}

/** Whether the second signature is there and holds over this message. */
export async function isSignedWithSm2(point: Bytes, value: string | null | undefined, message: Bytes): Promise<boolean> {
  const der = typeof value === "string" ? unbase64(value) : undefined;
  if (!der) return false;
  const gm = await loadGm();
  return gm.isPoint(point) && gm.sm2Verify(point, message, der) === "valid";
}
