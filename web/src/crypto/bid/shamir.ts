/** Shamir's sharing of 32-byte secrets, byte by byte over GF(2^8), 0x11b (docs/spec/sealed-bid.md, 10). */
import type { Bytes } from "./types";

/** secret + a_1 x + a_2 x^2 + ... */
export function evaluate(secret: Uint8Array, coefficients: Uint8Array[], x: number): Bytes {
  const share = new Uint8Array(32);
  for (let at = 0; at < 32; at++) {
    let value = 0;
    for (let j = coefficients.length - 1; j >= 0; j--) value = multiply(value ^ coefficients[j]![at]!, x);
    share[at] = value ^ secret[at]!;
  }
  return share;
}

/** The value at 0 through shares of different x, none of them 0. */
export function combine(shares: { x: number; share: Uint8Array }[]): Bytes {
  const secret = new Uint8Array(32);
  for (const { x, share } of shares) {
    let weight = 1;
    for (const other of shares) if (other.x !== x) weight = multiply(weight, multiply(other.x, invert(x ^ other.x)));
    for (let at = 0; at < 32; at++) secret[at]! ^= multiply(share[at]!, weight);
  }
  return secret;
}

/** Without tables or branches on its operands. */
export function multiply(a: number, b: number): number {
  let product = 0;
  for (let round = 0; round < 8; round++) {
    product ^= a & -(b & 1);
    a = ((a << 1) ^ (-(a >> 7) & 0x11b)) & 0xff;
    b >>= 1;
  }
  return product & 0xff;
}

/** a^254 */
export function invert(a: number): number {
  let square = a;
  let result = 1;
  for (let round = 0; round < 7; round++) {
    square = multiply(square, square);
    result = multiply(result, square);
  }
  return result;
}
