import "fake-indexeddb/auto";
import { createStore, keys, set } from "idb-keyval";
import { beforeAll, describe, expect, it } from "vitest";
import { useVault } from "@/crypto/client";
import type { KeyFile } from "@/crypto/contract";
import { createVault } from "@/crypto/vault";
import { device, person } from "../../tests/device";
import { Library } from "./library";
import type { Record } from "./types";

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

  it("give way to another copy of the same file, and leave nothing of it behind", async () => {
    const vault = createVault();
    useVault(vault);
    await vault.open([own], "");
    const library = new Library();
    const it = record();
    await library.putFile(it, file());
    await library.replaceFile(it, new Blob([record().header!.slice(), "another body"]));
    const kept = (await library.get(it.bid)) as Record;
    expect(kept).toEqual(it);
    expect(await (await library.file(kept))!.text()).toContain("another body");
    expect(await device()).not.toContain("sealed body");
    await library.remove(kept);
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

  it("of an earlier page move in when their bidder is here with a key, and lie in the clear no longer", async () => {
    await set(record().bid, { ...record(), whole: true }, createStore("kaibiao-bids", "bids"));
    const files = createStore("kaibiao-files", "files");
    await set(record().bid, file(), files);
    const vault = createVault();
    useVault(vault);
    const library = new Library();
    await library.moveIn(OWN);
    await vault.open([rival], "");
    await library.moveIn("91110000802100433B");
    expect(await library.all()).toEqual([]);
    expect(await device()).toContain(record().project);
    await vault.open([own], "");
    await library.moveIn(OWN);
    expect(await device()).not.toMatch(new RegExp(`${OWN}|0192d3a0|lot-7|${record().bid}`));
    const [kept] = await library.all();
    expect(kept).toEqual({ ...record(), whole: true, stored: kept!.stored });
    expect(await (await library.file(kept!))!.text()).toBe(await file().text());
    expect(await keys(files)).toEqual([kept!.stored]);
    await library.remove(kept!);
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
