import "fake-indexeddb/auto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useVault } from "@/crypto/client";
import type { KeyFile } from "@/crypto/contract";
import { createVault } from "@/crypto/vault";
import { Library } from "./library";
import type { Record } from "./types";

const folder = mkdtempSync(join(tmpdir(), "library-"));

/** A certificate with its key, in the clear. */
function person(code: string): KeyFile {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", `${code}.key`);
  const usage = ["-addext", "keyUsage=critical,digitalSignature,keyAgreement", "-addext", "basicConstraints=critical,CA:FALSE"];
  openssl("req", "-x509", "-new", "-key", `${code}.key`, "-out", `${code}.pem`, "-subj", `/CN=x/2.5.4.97=${code}`, ...usage);
  const both = [`${code}.key`, `${code}.pem`].map((name) => readFileSync(join(folder, name), "utf8")).join("");
  writeFileSync(join(folder, `${code}.both`), both);
  return { name: `${code}.pem`, bytes: new Uint8Array(readFileSync(join(folder, `${code}.both`))) };
}

/** All that lies in this browser's databases, as somebody who searches it reads it. */
async function device(): Promise<string> {
  const found: string[] = [];
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const asked = indexedDB.open(name as string);
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
    for (const store of database.objectStoreNames) {
      const values = database.transaction(store).objectStore(store);
      for (const request of [values.getAllKeys(), values.getAll()]) {
        const all = await new Promise<unknown[]>((resolve) => (request.onsuccess = () => resolve(request.result)));
        for (const value of all) found.push(await readable(value));
      }
    }
    database.close();
  }
  return found.join("\n");
}

async function readable(value: unknown): Promise<string> {
  const latin = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);
  if (value instanceof Blob) return latin(new Uint8Array(await value.arrayBuffer()));
  return JSON.stringify(value, (_, it: unknown) => (it instanceof Uint8Array ? latin(it) : it));
}

const OWN = "91350100M000100Y43";
const record = (): Record => ({
  bid: "ab".repeat(32),
  project: "0192d3a0-0000-7000-8000-000000000001",
  lot: "lot-7",
  bidder: OWN,
  name: "bid-lot-7.kbid",
  size: 24,
  documents: 1,
  sealed: 5,
  state: "kept",
  whole: false,
  log: [],
  header: new TextEncoder().encode(`header of ${OWN}`),
  chunks: new Uint8Array(32).fill(7),
});
const file = () => new Blob([record().header!.slice(), "sealed body"]);

describe("sealed bids on a machine that others use", () => {
  let own: KeyFile;
  let rival: KeyFile;

  beforeAll(() => {
    own = person(OWN);
    rival = person("91110000802100433B");
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it("are there again for their owner, and not for the next person or whoever searches the device", async () => {
    let vault = createVault();
    useVault(vault);
    await vault.open([own], "");
    await new Library().putFile(record(), file());
    await vault.lock(true);

    const searched = await device();
    expect(searched).toContain("sealed body");
    expect(searched).not.toMatch(new RegExp(`${OWN}|0192d3a0|lot-7|${record().bid}`));

    vault = createVault();
    useVault(vault);
    await vault.open([rival], "");
    const theirs = new Library();
    expect(await theirs.all()).toEqual([]);
    expect(await theirs.get(record().bid)).toBeUndefined();
    await vault.lock(true);

    vault = createVault();
    useVault(vault);
    await vault.open([own], "");
    const again = new Library();
    const [kept] = await again.all();
    expect(kept).toEqual({ ...record(), whole: true, stored: kept!.stored });
    expect(await again.get(record().bid)).toEqual(kept);
    const whole = await again.file(kept!);
    expect(await whole!.text()).toBe(await file().text());
    await again.remove(kept!);
    expect(await again.all()).toEqual([]);
    expect(await device()).not.toContain("sealed body");
  });

  it("keep their file when the server tells of them before the key is there", async () => {
    const vault = createVault();
    useVault(vault);
    await vault.open([own], "");
    await new Library().putFile(record(), file());
    await vault.lock(true);
    const library = new Library();
    const told: Record = { ...record(), name: "told", size: 99, state: "received", log: [{ time: 1, what: "sending" }] };
    delete told.chunks;
    await library.put(told);
    await vault.open([own], "");
    for (let again = 0; again < 2; again += 1) await library.put(told);
    const kept = (await library.get(told.bid)) as Record;
    expect(kept).toMatchObject({ state: "received", name: record().name, whole: true, chunks: record().chunks, log: told.log });
    expect(await (await library.file(kept))!.text()).toBe(await file().text());
    await library.remove(kept);
  });

  it("are known while nobody has unlocked a key, until somebody else is there", async () => {
    useVault(createVault());
    const library = new Library();
    await library.put(record());
    expect(await library.all()).toEqual([record()]);
    library.leave();
    expect(await library.all()).toEqual([]);
  });
});
