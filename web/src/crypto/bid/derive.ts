/** Keys, commitments and dealing of one envelope (docs/spec/sealed-bid.md, 7 and 10). */
import { intl, type SegmentCipher, type Suite } from "../suite";
import { concat, u32, u8, utf8 } from "./encoding";
import { chunkCount } from "./layout";
import { evaluate } from "./shamir";
import type { Bytes } from "./types";

export const ENVELOPE = 0;
const E = u8(ENVELOPE);

/** Who a secret is wrapped to. */
export const Role = { recipient: 0, release: 1, rescue: 2 } as const;
export type Role = (typeof Role)[keyof typeof Role];

export interface Dealt {
  x: number;
  share: Bytes;
  /** KS */
  commitment: Bytes;
  /** ikm of the wrap's ephemeral key. */
  ephemeral: Bytes;
}

/** All derivations of a bid: under its msg_id, bound to H(ctx). */
export class Derivation {
  constructor(
    private readonly message: Bytes,
    private readonly hctx: Bytes,
    readonly suite: Suite = intl,
  ) {}

  private hkdf(salt: Bytes, ikm: Bytes, ...info: Uint8Array[]): Bytes {
    return this.suite.expand(this.suite.extract(salt, ikm), ...info);
  }

  dek(b: Bytes, r: Bytes): Bytes {
    return this.hkdf(this.message, concat(b, r), utf8("kaibiao/1 dek"), E, this.hctx);
  }

  prk(dek: Bytes): Bytes {
    return this.suite.extract(this.message, dek);
  }

  segmentKey(prk: Bytes, segment: number): Bytes {
    return this.suite.expand(prk, utf8("kaibiao/1 segment"), E, u32(segment), this.hctx);
  }

  /** The cipher of a segment whose plaintext has so many bytes. */
  cipher(segmentKey: Bytes, segment: number, length: number): Promise<SegmentCipher> {
    return this.suite.segment(segmentKey, { hctx: this.hctx, envelope: ENVELOPE, segment, chunks: chunkCount(length) });
  }

  /** KB */
  commitB(b: Bytes): Bytes {
    return this.hkdf(this.message, b, utf8("kaibiao/1 commit b"), E, this.hctx);
  }

  /** KR */
  commitR(r: Bytes): Bytes {
    return this.hkdf(this.message, r, utf8("kaibiao/1 commit r"), E, this.hctx);
  }

  /** KS */
  commitShare(role: Role, x: number, share: Bytes): Bytes {
    return this.hkdf(this.message, share, utf8("kaibiao/1 commit share"), E, u8(role), u8(x), this.hctx);
  }

  /** KC */
  commitDek(prk: Bytes): Bytes {
    return this.suite.expand(prk, utf8("kaibiao/1 commit dek"), E, this.hctx);
  }

  /** KC_i */
  commitSegment(segmentKey: Bytes): Bytes {
    return this.suite.expand(segmentKey, utf8("kaibiao/1 commit segment"), E, this.hctx);
  }

  /** Shares of a secret, t of n, as everybody who knows it recomputes them. */
  deal(role: Role, t: number, n: number, secret: Bytes): Dealt[] {
    const coefficients = Array.from({ length: t - 1 }, (_, at) =>
      this.hkdf(this.message, secret, utf8("kaibiao/1 coefficient"), E, u8(role), u8(at + 1), this.hctx),
    );
    return Array.from({ length: n }, (_, at) => {
      const x = at + 1;
      const share = evaluate(secret, coefficients, x);
      return {
        x,
        share,
        commitment: this.commitShare(role, x, share),
        ephemeral: this.hkdf(this.message, secret, utf8("kaibiao/1 ephemeral"), E, u8(role), u8(x), this.hctx),
      };
    });
  }
}
