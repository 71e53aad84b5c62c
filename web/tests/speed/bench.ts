/** How fast sealing is here, next to what WebCrypto itself does in the same run. */
import { MemorySink, readKbid, rehearse, seal, testKey, type Bytes, type OpeningKey, type Sink } from "@/crypto/bid";
import { loadSuite, type SuiteName } from "@/crypto/suite";
import { loadGm } from "@/crypto/suite/gm/module";

const MIB = 1 << 20;
const FLIGHT = 4;

export interface Speed {
  /** MB/s of AES-256-GCM alone, four chunks of 1 MiB in flight, in memory. */
  gcm: number;
  /** MB/s of SHA-256 alone, the same way. */
  sha: number;
  /** MB/s of reading the file alone. */
  read: number;
  /** MB/s of all of these with nothing around them: reading, AES-256-GCM, both hashes. */
  bare: number;
  /** MB/s of sealing it. */
  seal: number;
  /** MB/s of sealing it in suite gm, on this one thread. */
  gm: number;
  /** ms of what unlocking a bid of gm computes: two statements of the platform, b unwrapped and held against KB, the act signed. */
  unlock: number;
}

/** The best of a few rounds, so that what else the machine does disturbs all figures alike. */
export async function measure(file: Blob, sink: Sink = { write: () => undefined }, rounds = 3): Promise<Speed> {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const buffer = new Uint8Array(MIB);
  const count = Math.ceil(file.size / MIB);
  const each = (work: (k: number) => Promise<unknown>) =>
    rate(file.size, async () => {
      let next = 0;
      const lane = async () => {
        while (next < count) await work(next++);
      };
      await Promise.all(Array.from({ length: FLIGHT }, lane));
    });
  await loadSuite("gm");
  const [suite, unlock] = ["gm" as const, await unlocking()];
  const best: Speed = { gcm: 0, sha: 0, read: 0, bare: 0, seal: 0, gm: 0, unlock };
  for (let round = 0; round < rounds; round++) {
    const some: Speed = {
      gcm: await each((k) => crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce(k) }, key, buffer)),
      sha: await each(() => crypto.subtle.digest("SHA-256", buffer)),
      read: await each((k) => file.slice(k * MIB, (k + 1) * MIB).arrayBuffer()),
      bare: await each(async (k) => {
        const plain = await file.slice(k * MIB, (k + 1) * MIB).arrayBuffer();
        const hashed = crypto.subtle.digest("SHA-256", plain);
        await crypto.subtle.digest("SHA-256", await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce(k) }, key, plain));
        await hashed;
      }),
      seal: await rate(file.size, async () => void (await seal(await order(file), sink))),
      gm: await rate(file.size, async () => void (await seal(await order(file, suite), sink))),
      unlock,
    };
    for (const name of Object.keys(best) as (keyof Speed)[]) best[name] = Math.max(best[name], some[name]);
  }
  return best;
}

function nonce(k: number): Bytes {
  const iv = new Uint8Array(12);
  new DataView(iv.buffer).setUint32(8, k);
  return iv;
}

async function rate(bytes: number, work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round(bytes / 1e3 / (performance.now() - began));
}

/** The mean over a few bids, each small: b's wrap is as long whatever is in a bid. */
async function unlocking(): Promise<number> {
  const [gm, key, bids] = [await loadGm(), await testKey("gm"), 10];
  if (key.kind !== "sm2") throw new Error("not a key of SM2");
  const point = gm.sm2Public(key.scalar)!;
  const statement = new Uint8Array(2048);
  const signed = gm.sm2Sign(key.scalar, statement);
  const sinks = await Promise.all(
    Array.from({ length: bids }, async () => {
      const sink = new MemorySink();
      await seal(await order(new Blob(["a"]), "gm", key), sink);
      return sink.blob();
    }),
  );
  const began = performance.now();
  for (const kbid of sinks) {
    for (let each = 0; each < 2; each += 1) if (gm.sm2Verify(point, statement, signed) !== "valid") throw new Error("unverified");
    await rehearse(await readKbid(kbid), [key]);
    gm.sm2Sign(key.scalar, statement);
  }
  return Math.round((10 * (performance.now() - began)) / bids) / 10;
}

/** With keys made for it; of the recipient's only the public half is used. */
async function order(file: Blob, suite: SuiteName = "intl", recipient?: OpeningKey): Promise<Parameters<typeof seal>[0]> {
  const spki = async () => (await testKey(suite)).spki;
  return {
    terms: {
      suite,
      project: "01935b7e-8f00-7000-8000-000000000001",
      lot: "1",
      digest: "ab".repeat(32),
      custodians: [await spki(), await spki(), await spki()],
      release: 2,
      rescue: null,
    },
    bidder: "91350100M000100Y43",
    chain: [new TextEncoder().encode("a certificate")],
    recipients: [recipient?.spki ?? (await spki())],
    sheet: { open: { price: "1" }, kept: {} },
    documents: [{ name: "a.bin", media: "application/octet-stream", file }],
    time: 0,
  };
}
