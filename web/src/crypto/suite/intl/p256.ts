/**
 * Points of P-256 from their scalars. WebCrypto holds private keys but does
 * not compute public ones from them in every browser, and some that take a
 * private key without its point export none: dealing and key files need the
 * exact point. The scalars here are a bid's own ephemeral keys and the user's
 * own key file on the user's own machine.
 */
import { concat, u8 } from "../../bid/encoding";
import type { Bytes } from "../../bid/types";

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
export const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const GX = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n;
const GY = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n;

/** The DER before the point of a P-256 SubjectPublicKeyInfo. */
const SPKI = Uint8Array.from([
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
  0x03, 0x42, 0x00,
]);

/** Jacobian coordinates; z = 0 is the point at infinity. */
type Point = readonly [bigint, bigint, bigint];

export function toInteger(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

export function fromInteger(value: bigint): Bytes {
  const bytes = new Uint8Array(32);
  for (let at = 31; at >= 0; at--, value >>= 8n) bytes[at] = Number(value & 255n);
  return bytes;
}

/** 1 to order - 1. */
export function isScalar(scalar: Uint8Array): boolean {
  const value = toInteger(scalar);
  return scalar.length === 32 && value > 0n && value < ORDER;
}

/** The uncompressed point, 65 bytes, of a valid scalar. */
export function pointOf(scalar: Uint8Array): Bytes {
  let result: Point = [1n, 1n, 0n];
  const base: Point = [GX, GY, 1n];
  for (const bit of toInteger(scalar).toString(2)) {
    result = twice(result);
    if (bit === "1") result = sum(result, base);
  }
  const inverse = power(result[2], P - 2n);
  const square = (inverse * inverse) % P;
  return concat(u8(4), fromInteger((result[0] * square) % P), fromInteger((((result[1] * square) % P) * inverse) % P));
}

/** An uncompressed point on the curve. */
export function isPoint(point: Uint8Array): boolean {
  if (point.length !== 65 || point[0] !== 4) return false;
  const x = toInteger(point.subarray(1, 33));
  const y = toInteger(point.subarray(33));
  return x < P && y < P && (y * y - (x * x * x - 3n * x + B)) % P === 0n;
}

export function spkiOf(point: Uint8Array): Bytes {
  return concat(SPKI, point);
}

/** The point of a P-256 SubjectPublicKeyInfo, if that is what it is. */
export function pointIn(spki: Uint8Array): Bytes | undefined {
  if (spki.length !== SPKI.length + 65 || !SPKI.every((byte, at) => spki[at] === byte)) return undefined;
  return spki.slice(SPKI.length) as Bytes;
}

function twice([x, y, z]: Point): Point {
  if (z === 0n) return [1n, 1n, 0n];
  const zz = (z * z) % P;
  const yy = (y * y) % P;
  const s = (4n * x * yy) % P;
  const m = (3n * (x - zz) * (x + zz)) % P;
  const x3 = mod(m * m - 2n * s);
  return [x3, mod(m * (s - x3) - 8n * yy * yy), mod(2n * y * z)];
}

function sum(one: Point, other: Point): Point {
  if (one[2] === 0n) return other;
  if (other[2] === 0n) return one;
  const z1 = (one[2] * one[2]) % P;
  const z2 = (other[2] * other[2]) % P;
  const u1 = (one[0] * z2) % P;
  const u2 = (other[0] * z1) % P;
  const s1 = (((one[1] * z2) % P) * other[2]) % P;
  const s2 = (((other[1] * z1) % P) * one[2]) % P;
  const h = mod(u2 - u1);
  const r = mod(s2 - s1);
  if (h === 0n) return r === 0n ? twice(one) : [1n, 1n, 0n];
  const hh = (h * h) % P;
  const hhh = (hh * h) % P;
  const v = (u1 * hh) % P;
  const x3 = mod(r * r - hhh - 2n * v);
  return [x3, mod(r * (v - x3) - s1 * hhh), mod(h * one[2] * other[2])];
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base % P, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % P)
    if (rest & 1n) result = (result * square) % P;
  return result;
}

function mod(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}
