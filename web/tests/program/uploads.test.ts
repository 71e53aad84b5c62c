/**
 * Bids handed in by tus clients that nobody here wrote, tus-js-client and tuspy, to the real program over a network that
 * cuts and hangs, with the program killed and started again in the middle. LONG_UPLOADS=1 takes 2 GiB instead of 64 MiB.
 */
import { execFileSync, spawn } from "node:child_process";
import { createReadStream, createWriteStream, openAsBlob, openSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Upload, type UploadOptions } from "tus-js-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKbid } from "@/crypto/bid";
import { base64 } from "@/crypto/bid/encoding";
import { BadNetwork } from "./network";
import { Session, Town, sign, until } from "./town";

const MIB = 1 << 20;
const SIZE = process.env["LONG_UPLOADS"] ? 2048 * MIB : 64 * MIB;
const PATIENCE = process.env["LONG_UPLOADS"] ? 1_800_000 : 300_000;

interface Bid {
  digest: string;
  /** A file of the ciphertext alone, and how long it is. */
  body: string;
  length: number;
  /** What begins its upload the tus way. */
  metadata: Record<string, string>;
  session: Session;
}

interface OwnBids {
  bids: { bid: string; state: string }[];
  links: { digest: string; sequence: number }[];
}

describe("a bid handed in by others' tus clients", () => {
  const town = new Town();
  let project: string;
  const networks: BadNetwork[] = [];

  const network = async (how: Partial<BadNetwork>) => {
    const made = Object.assign(new BadNetwork(), how);
    await made.open(town.url);
    networks.push(made);
    return made;
  };

  /** Seals a document of this size as a next version of somebody's bid. */
  const seal = async (who: string, name: string, size: number): Promise<Bid> => {
    writeFileSync(town.file(who, `${name}.json`), JSON.stringify({ price: "88888888", manager: "李四" }));
    execFileSync("head", ["-c", `${size}`, "/dev/urandom"], { stdio: ["ignore", openSync(town.file(who, `${name}.pdf`), "w"), "ignore"] });
    const more = ["--sheet", `${name}.json`, "--document", `${name}.pdf`, "--output", `${name}.kbid`];
    town.must(who, ["bid", "seal", "--project", project, "--lot", "1", ...more]);
    const file = town.file(who, `${name}.kbid`);
    const { bid, bytes: header } = await readKbid(await openAsBlob(file));
    const body = town.file(who, `${name}.body`);
    await pipeline(createReadStream(file, { start: header.length }), createWriteStream(body));
    const ring = await town.keyring(who);
    const session = await Session.login(town.url, ring);
    const { origin } = (await (await fetch(`${town.url}/api/v1/platform`)).json()) as { origin: string };
    const last = (await session.get<OwnBids>(`projects/${project}/bids`)).links[0];
    const act = await sign(
      ring,
      { origin, project },
      {
        act: "submit",
        bid,
        lot: "1",
        sequence: (last?.sequence ?? 0) + 1,
        ...(last ? { previous: last.digest } : {}),
      },
    );
    const metadata = { project, lot: "1", header: base64(header), act: JSON.stringify(act) };
    return { digest: bid, body, length: statSync(body).size, metadata, session };
  };

  const standing = async (bid: Bid) => {
    const { bids } = await bid.session.get<OwnBids>(`projects/${project}/bids`);
    return bids.find((one) => one.bid === bid.digest)?.state;
  };

  /** Runs an upload of tus-js-client to its end. */
  const upload = (bid: Bid, through: BadNetwork, more: Partial<UploadOptions>, begun?: (upload: Upload) => void) =>
    new Promise<Upload>((resolve, reject) => {
      const made: Upload = new Upload(createReadStream(bid.body), {
        endpoint: `${through.url}/api/v1/uploads`,
        headers: { cookie: bid.session.cookie },
        metadata: bid.metadata,
        retryDelays: Array.from({ length: 60 }, () => 250),
        onError: reject,
        onSuccess: () => resolve(made),
        ...more,
      });
      begun?.(made);
      made.start();
    });

  beforeAll(async () => {
    await town.found();
    project = town.publish(1800);
  }, 120_000);

  afterAll(() => {
    for (const one of networks) one.close();
    town.close();
  });

  it("arrives whole by tus-js-client over a network that cuts, through a kill of the service", { timeout: PATIENCE }, async () => {
    const bid = await seal("jia", "cut", SIZE);
    const through = await network({ cutAfter: SIZE / 8 });
    let killed = false;
    const done = upload(bid, through, { chunkSize: 16 * MIB });
    const kill = (async () => {
      await until("half of it is there", async () => through.received > SIZE / 2, 120);
      await town.restart();
      killed = true;
    })();
    await Promise.all([done, kill]);
    expect(killed).toBe(true);
    expect(through.cuts).toBeGreaterThan(3);
    expect(await standing(bid)).toBe("live");
  });

  it("arrives in one request of any length, and again where the connection hangs half-open", { timeout: PATIENCE }, async () => {
    const bid = await seal("jia", "hung", SIZE);
    const through = await network({ holdAfter: SIZE / 2 });
    let first: Upload | undefined;
    const hung = upload(bid, through, {}, (made) => {
      first = made;
    });
    hung.catch(() => {});
    await until("the connection hangs", async () => through.held, 60);
    // Whoever waits long enough comes back; the old connection is still open at the service.
    await first!.abort();
    const began = Date.now();
    await upload(bid, through, { uploadUrl: first!.url });
    expect(Date.now() - began).toBeLessThan(PATIENCE / 4);
    expect(await standing(bid)).toBe("live");
  });

  it("is told a wrong offset and goes on where the upload stands, and gives up what it does not want", { timeout: 60_000 }, async () => {
    const bid = await seal("jia", "offsets", 3 * MIB);
    const through = await network({});
    // The client believes nothing was sent yet, and another has sent a MiB meanwhile.
    let address: string | null = null;
    const once = await new Promise<Upload>((resolve, reject) => {
      const made: Upload = new Upload(createReadStream(bid.body), {
        endpoint: `${through.url}/api/v1/uploads`,
        headers: { cookie: bid.session.cookie },
        metadata: bid.metadata,
        chunkSize: MIB,
        onError: reject,
        onChunkComplete: () => void made.abort().then(() => resolve(made)),
      });
      made.start();
    });
    address = once.url;
    const patch = (offset: number) =>
      fetch(address!, {
        method: "PATCH",
        headers: {
          cookie: bid.session.cookie,
          "tus-resumable": "1.0.0",
          "content-type": "application/offset+octet-stream",
          "upload-offset": `${offset}`,
        },
        body: new Uint8Array(10),
      });
    expect((await patch(0)).status).toBe(409);
    expect((await patch(2 * MIB)).status).toBe(409);
    await Upload.terminate(address!, { headers: { cookie: bid.session.cookie } });
    expect(await standing(bid)).toBeUndefined();
    // An address that is no more makes the client begin anew.
    await upload(bid, through, { uploadUrl: address! });
    expect(await standing(bid)).toBe("live");
  });

  it.each([false, true])("arrives whole by tuspy over a network that cuts, checksums %s", { timeout: PATIENCE }, async (checksum) => {
    const bid = await seal("yi", `python-${checksum}`, SIZE);
    // Behind a checksum a piece counts whole or not at all, so some have to get through.
    const through = await network(checksum ? { cutAfter: SIZE / 32, cutEvery: 3 } : { cutAfter: SIZE / 8 });
    const wanted = {
      endpoint: `${through.url}/api/v1/uploads`,
      cookie: bid.session.cookie,
      file: bid.body,
      chunk: SIZE / (checksum ? 16 : 4),
      metadata: bid.metadata,
      checksum,
    };
    const folder = execFileSync("../scripts/python", ["tuspy"], { encoding: "utf8" }).trim();
    const script = join(import.meta.dirname, "tuspy.py");
    const child = spawn("python3", [script], { env: { ...process.env, PYTHONPATH: folder } });
    child.stdin.end(JSON.stringify(wanted));
    const told: { offset?: number; receipt?: string }[] = [];
    let said = "";
    child.stdout.on("data", (bytes) => (said += bytes));
    let wrong = "";
    child.stderr.on("data", (bytes) => (wrong += bytes));
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    await until("half of it is there", async () => through.received > SIZE / 2 || child.exitCode !== null, 120);
    await town.restart();
    expect(await ended, wrong).toBe(0);
    expect(through.cuts).toBeGreaterThan(2);
    for (const line of said.trim().split("\n")) told.push(JSON.parse(line));
    expect(told.at(-2)?.offset).toBe(bid.length);
    expect(told.at(-1)?.receipt).toBeTypeOf("string");
    expect(await standing(bid)).toBe("live");
  });
});
