/** What is drawn and derived before the first byte is sealed (docs/spec/sealed-bid.md, 14, steps 2 and 3). */
import { type Suite, suiteNamed, suiteOfKey } from "../suite";
import { dealTo } from "./deal";
import { Derivation, Role } from "./derive";
import { hex } from "./encoding";
import { fail } from "./failure";
import { FORMAT, contextBytes, type Context, type EnvelopeCommitments, type EnvelopeWraps, type Wrap } from "./header";
import type { SealOrder } from "./seal";
import type { SegmentCipher } from "./segment";
import type { Bytes, Hex, Random } from "./types";
import { keyId, wrapContext } from "./wrap";

export class Draft {
  readonly context: Context;
  readonly salts: [Bytes, Bytes];
  readonly draw: Hex;
  wraps: EnvelopeWraps = { recipients: [], release: [], rescue: [] };
  readonly suite: Suite;
  private readonly hctx: Bytes;
  private readonly derivation: Derivation;
  private readonly prk: Bytes;
  private readonly b: Bytes;
  private readonly r: Bytes;

  constructor(
    private readonly order: SealOrder,
    private readonly random: Random,
  ) {
    this.suite = suiteNamed(order.terms.suite ?? "intl") ?? fail("terms-version");
    if (order.recipients.some((spki) => suiteOfKey(spki) !== this.suite)) fail("recipient-key");
    const message = random(32);
    this.b = random(32);
    this.r = random(32);
    this.salts = [random(32), random(32)];
    this.draw = hex(random(32));
    this.context = contextOf(this.suite, order, message);
    this.hctx = this.suite.digest(contextBytes(this.context));
    this.derivation = new Derivation(message, this.hctx, this.suite);
    const dek = this.derivation.dek(this.b, this.r);
    this.prk = this.derivation.prk(dek);
    dek.fill(0);
  }

  /** All commitments but those to contents; makes the wraps on the way. */
  async commitments(lengths: number[]): Promise<EnvelopeCommitments> {
    const promised = { suite: this.suite, context: this.context, hctx: this.hctx };
    const { custodians } = this.order.terms;
    const release = await dealTo(promised, this.derivation, Role.release, this.r, custodians);
    const rescue = await dealTo(promised, this.derivation, Role.rescue, this.b, custodians);
    this.wraps = { recipients: await this.wrapB(), release: release.wraps, rescue: rescue.wraps };
    const nothing = "0".repeat(64);
    return {
      b: hex(this.derivation.commitB(this.b)),
      dek: hex(this.derivation.commitDek(this.prk)),
      plaintexts: [nothing, nothing],
      r: hex(this.derivation.commitR(this.r)),
      release: release.dealt.map(({ commitment }) => hex(commitment)),
      rescue: rescue.dealt.map(({ commitment }) => hex(commitment)),
      segments: lengths.map((length, segment) => {
        const key = this.derivation.segmentKey(this.prk, segment);
        return { ciphertext: nothing, key: hex(this.derivation.commitSegment(key)), length };
      }),
    };
  }

  cipher(segment: number, length: number): Promise<SegmentCipher> {
    const key = this.derivation.segmentKey(this.prk, segment);
    return this.derivation.cipher(key, segment, length).finally(() => key.fill(0));
  }

  /** Wipes the secrets, as far as the language allows it. */
  forget(): void {
    for (const secret of [this.b, this.r, this.prk, ...this.salts]) secret.fill(0);
  }

  private wrapB(): Promise<Wrap[]> {
    const promised = { suite: this.suite, context: this.context, hctx: this.hctx };
    return Promise.all(
      this.order.recipients.map(async (spki, at) => {
        const key = keyId(spki);
        const wctx = wrapContext(promised, Role.recipient, at + 1, key);
        return { key, kind: this.suite.wrapKind(spki), value: await this.suite.wrapFresh(spki, wctx, this.b, this.random) };
      }),
    );
  }
}

function contextOf(suite: Suite, { terms, bidder, chain, recipients, documents, time }: SealOrder, message: Bytes): Context {
  const n = terms.custodians.length;
  return {
    bidder,
    certificate: hex(suite.digest(chain[0] ?? new Uint8Array())),
    custodians: terms.custodians.map(keyId),
    envelopes: [documents.length + 2],
    format: FORMAT,
    lot: terms.lot,
    message: hex(message),
    project: terms.project,
    recipients: recipients.map(keyId),
    release: { n, t: terms.release },
    rescue: terms.rescue === null ? null : { n, t: terms.rescue },
    suite: suite.name,
    terms: terms.digest,
    time,
  };
}
