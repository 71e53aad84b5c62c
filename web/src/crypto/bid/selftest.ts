/** A real seal and unlock of a test bid with the own key: what the day of the opening will do, without a server. */
import { utf8 } from "./encoding";
import { fail } from "./failure";
import { digestOf } from "./hash";
import { readKbid } from "./header";
import { open, type Share } from "./open";
import { Role } from "./derive";
import { secretOf, shareOf } from "./rehearse";
import { MemorySink, seal } from "./seal";
import { checked, type Checked, type Report } from "./steps";
import { random, type Bytes, type OpeningKey, type Organisation } from "./types";
import { intl } from "../suite";
import { keyId } from "./wrap";

interface SelfTestKey {
  bidder: Organisation;
  /** DER, the signing certificate first. */
  chain: Bytes[];
  /** The encryption certificate's key first. */
  keys: OpeningKey[];
}

const STEPS = ["self-seal", "self-header", "self-rehearse", "self-release", "self-open"];
/** Enough for a full chunk and part of another. */
const SIZE = (1 << 20) + 4321;

/** Steps self-seal, -header, -rehearse, -release, -open. */
export function selfTest(own: SelfTestKey, report?: Report): Promise<Checked<{ milliseconds: number }>> {
  return checked(STEPS, report, async (run) => {
    const began = performance.now();
    const custodians = await Promise.all([1, 2, 3].map(testKey));
    const document = testBytes();
    const sheet = { note: "测试 · test" };

    const { file, bid } = await run("self-seal", async () => {
      const sink = new MemorySink();
      const sealed = await seal(
        {
          terms: {
            project: "00000000-0000-7000-8000-000000000000",
            lot: "test",
            digest: digestOf(utf8("self test")),
            custodians: custodians.map(({ spki }) => spki),
            release: 2,
            rescue: null,
          },
          bidder: own.bidder,
          chain: own.chain,
          recipients: [...new Map(own.keys.map(({ spki }) => [keyId(spki), spki])).values()],
          sheet: { open: sheet, kept: {} },
          documents: [{ name: "测试.bin", media: "application/octet-stream", file: new Blob([document]) }],
          time: Date.now(),
        },
        sink,
      );
      return { file: sink.blob(), bid: sealed.bid };
    });
    const header = await run("self-header", async () => {
      const header = await readKbid(file);
      return header.bid === bid ? header : fail("other-bid");
    });
    const b = await run("self-rehearse", () => secretOf(header, own.keys, bid));
    const shares: Share[] = await run("self-release", () =>
      Promise.all(custodians.slice(0, 2).map((key) => shareOf(header, Role.release, key))),
    );
    await run("self-open", async () => {
      const found: Bytes[] = [];
      const opened = await open(file, { b, shares, custodians: custodians.map(({ spki }) => spki) }, (_, chunk) => void found.push(chunk));
      const same = digestOf(...found) === digestOf(document) && opened.sheet["note"] === sheet.note;
      if (!same) fail("self-test-differs");
    });
    return { milliseconds: Math.round(performance.now() - began) };
  });
}

async function testKey(): Promise<OpeningKey> {
  const pair = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"])) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  if (intl.wrapKind(spki) !== "hpke-p256") fail("key-unusable");
  return { kind: "p-256", spki, key: pair.privateKey };
}

function testBytes(): Bytes {
  const bytes = new Uint8Array(SIZE);
  bytes.set(random(1024));
  return bytes;
}
