/** The module against the standards' own examples. */
import { describe, expect, it } from "vitest";
import { hex, unhex, utf8 } from "../../bid/encoding";
import { loadGm } from "./module";

const KEY = unhex("0123456789abcdeffedcba9876543210")!;
const IV = unhex("000102030405060708090a0b0c0d0e0f")!;
/** GB/T 32918.5, annexes A and C. */
const D = unhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")!;
const P = unhex(
  "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13",
)!;

describe("the module of suite gm", async () => {
  const gm = await loadGm();

  it("is started once", async () => expect(await loadGm()).toBe(gm));

  it("hashes as GB/T 32905 and GM/T 0042 do", () => {
    expect(hex(gm.sm3(utf8("a"), utf8("bc")))).toBe("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    const text = utf8("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".repeat(2));
    const tag = "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a";
    expect(
      hex(
        gm.hmac(
          Uint8Array.from({ length: 32 }, (_, at) => at + 1),
          text,
        ),
      ),
    ).toBe(tag);
    // The inputs of RFC 5869, case 1; what openssl makes of them.
    const okm = gm.hkdf(unhex("000102030405060708090a0b0c")!, new Uint8Array(22).fill(11), unhex("f0f1f2f3f4f5f6f7f8f9")!);
    expect(hex(okm)).toBe("c69fe91b7aaee2dd5718d72dcaee0cce93f1b8e41f792da51261b6a517e68b36");
  });

  it("encrypts as GB/T 32907 and draft-ribose-cfrg-sm4 do", () => {
    const sealed = unhex("681edf34d206965e86b3e94f536e4246")!;
    expect(gm.sm4EcbEncrypt(KEY, KEY)).toEqual(sealed);
    expect(gm.sm4EcbDecrypt(KEY, sealed)).toEqual(KEY);
    const text = unhex("aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffaaaaaaaabbbbbbbb")!;
    const cbc = "78ebb11cc40b0a48312aaeb2040244cb4cb7016951909226979b0d15dc6a8f6d";
    expect(hex(gm.sm4CbcEncrypt(KEY, IV, text))).toBe(cbc);
    expect(gm.sm4CbcDecrypt(KEY, IV, unhex(cbc)!)).toEqual(text);
    const long = unhex("aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd")!;
    expect(hex(gm.sm4Ctr(KEY, IV, long))).toBe("ac3236cb970cc20791364c395a1342d1a3cbc1878c6f30cd074cce385cdd70c7");
    expect(() => gm.sm4CbcEncrypt(KEY, IV, text.subarray(1))).toThrow(RangeError);
    expect(() => gm.sm4Ctr(KEY.subarray(1), IV, text)).toThrow(RangeError);
  });

  it("signs, checks and opens as GB/T 32918 does", () => {
    expect(gm.sm2Public(D)).toEqual(P);
    expect(gm.sm2Public(new Uint8Array(32))).toBeUndefined();
    expect([gm.isPoint(P), gm.isPoint(P.subarray(1))]).toEqual([true, false]);
    const message = utf8("message digest");
    const value = unhex(
      "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
    )!;
    expect(gm.sm2Verify(P, message, value)).toBe("valid");
    expect(gm.sm2Verify(P, utf8("another"), value)).toBe("invalid");
    expect(gm.sm2Verify(P, message, value.subarray(1))).toBe("form");
    expect(gm.sm2Verify(P, message, gm.sm2Sign(D, message))).toBe("valid");
    const sealed = unhex(
      "307c022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73022100e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0042059983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766041321886ca989ca9c7d58087307ca93092d651efa",
    )!;
    expect(gm.sm2Decrypt(D, sealed, 19)).toEqual(utf8("encryption standard"));
    expect(gm.sm2Decrypt(D, sealed, 18)).toBeUndefined();
    const own = gm.sm2Encrypt(P, IV, message);
    expect(own).toBeUndefined();
    const ikm = new Uint8Array(32).fill(3);
    expect(gm.sm2Decrypt(D, gm.sm2Encrypt(P, ikm, message)!, message.length)).toEqual(message);
    expect(gm.sm2Encrypt(P, ikm, message)).toEqual(gm.sm2Encrypt(P, ikm, message));
  });
});
