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
import { suiteNamed, type SuiteName } from "../suite";
import { keyId } from "./wrap";

interface SelfTestKey {
  /** Whose suite is there already; `intl` where it is left out. */
  suite?: SuiteName;
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
    const suite = own.suite ?? "intl";
    const custodians = await Promise.all([1, 2, 3].map(() => testKey(suite)));
    const document = testBytes();
    const sheet = { note: "测试 · test" };

    const { file, bid } = await run("self-seal", async () => {
      const sink = new MemorySink();
      const sealed = await seal(
        {
          terms: {
            suite,
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

/** A key of a suite that is there already, for one self-test. */
export async function testKey(name: SuiteName): Promise<OpeningKey> {
  const suite = suiteNamed(name) ?? fail("key-unusable");
  let secret = random(32);
  while (!suite.isSecretKey(secret)) secret = random(32);
  const key = await suite.openingKey(secret, suite.publicOf(secret));
  secret.fill(0);
  return key;
}

function testBytes(): Bytes {
  const bytes = new Uint8Array(SIZE);
  bytes.set(random(1024));
  return bytes;
}
