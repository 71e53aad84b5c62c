/** Keys and signatures of SM2 in certificates and revocation lists (docs/spec/suite-gm.md, 2 and 8). */
import type { Bytes } from "../../bid/types";
import * as asn1 from "../../der";
import { TAG, type Asn1 } from "../../der";
import { spkiOf } from "./point";

/** The curve; as an algorithm of keys, these keys by themselves. */
export const CURVE = "1.2.156.10197.1.301";
export const EC = "1.2.840.10045.2.1";
const SM2_WITH_SM3 = "1.2.156.10197.1.501";

const P = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn;
const B = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n;

/** A key in the spelling that it is named by, whatever its certificate's; nothing where it is not of SM2, an error where it is no point. */
export function usualSpki(spki: Asn1): Bytes | undefined {
  if (!isOfSm2(asn1.child(spki, 0, TAG.sequence))) return undefined;
  const point = asn1.bits(asn1.child(spki, 1, TAG.bitString));
  if (point.length !== 65 || point[0] !== 4) return undefined;
  if (!isOnCurve(point)) throw new asn1.DerError("not on the curve");
  return spkiOf(point);
}

function isOfSm2({ children }: Asn1): boolean {
  const [algorithm, parameters, ...more] = children;
  if (!algorithm || more.length > 0) return false;
  const named = asn1.oid(algorithm);
  if (named === EC) return parameters?.tag === TAG.oid && asn1.oid(parameters) === CURVE;
  return named === CURVE && (parameters === undefined || isNull(parameters));
}

/** Whether a certificate or list is signed with SM2; nothing where its parameters are none that are known. */
export function isSignature(algorithm: Bytes): boolean | undefined {
  const [named, parameters, ...more] = asn1.read(algorithm).children;
  if (!named || asn1.oid(named) !== SM2_WITH_SM3) return false;
  return more.length === 0 && (parameters === undefined || isNull(parameters)) ? true : undefined;
}

const isNull = ({ tag, content }: Asn1): boolean => tag === TAG.null && content.length === 0;

function isOnCurve(point: Uint8Array): boolean {
  const [x, y] = [number(point.subarray(1, 33)), number(point.subarray(33))];
  return x < P && y < P && (y * y - (x * x * x - 3n * x + B)) % P === 0n;
}

function number(octets: Uint8Array): bigint {
  let value = 0n;
  for (const octet of octets) value = (value << 8n) | BigInt(octet);
  return value;
}
