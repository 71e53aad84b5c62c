/**
 * The sealed bids on this device. What is known of them lies in the locker of
 * whoever sealed them; the files lie in the origin's own file system, with
 * blank heads and under names that tell nothing, because the next person at
 * this machine may be a rival.
 */
import { createStore, del, get, keys, set, type UseStore } from "idb-keyval";
import { vault } from "@/crypto/client";
import { base64, unbase64 } from "@/crypto/bid/encoding";
import type { Hex } from "@/crypto/contract";
import { emptied } from "@/crypto/former";
import { behind, folder } from "@/crypto/opfs";
import type { LogLine, Record } from "./types";

/** A file that no bid claims was left behind by a closed page. It is deleted after so long, ms. */
const ORPHAN = 24 * 3600_000;
const SHELF = "bids";
/** Where an earlier page kept its records in the clear. */
const FORMER = ["kaibiao-bids", "bids"] as const;

/** A record as it lies in the locker. */
type Written = Omit<Record, "header" | "chunks"> & { header?: string; chunks?: string };

export class Library {
  /** What no locker would take: nobody has unlocked a key yet, or the browser keeps nothing. */
  private readonly loose = new Map<Hex, Record>();
  private claims: UseStore | undefined;
  private blobs: UseStore | undefined;

  async all(): Promise<Record[]> {
    const kept = ((await vault().shelf(SHELF)) as Written[]).map(read);
    const found = new Map([...this.loose.values(), ...kept].map((record) => [record.bid, record]));
    return [...found.values()].sort((a, b) => b.sealed - a.sealed);
  }

  async get(bid: Hex): Promise<Record | undefined> {
    const kept = (await vault().kept(bid, SHELF)) as Written | undefined;
    return kept ? read(kept) : this.loose.get(bid);
  }

  async put(record: Record): Promise<void> {
    const before = record.whole ? undefined : ((await vault().kept(record.bid, SHELF)) as Written | undefined);
    const value = before?.whole ? joined(before, written(record)) : written(record);
    if (await vault().keep(record.bid, value, SHELF)) this.loose.delete(record.bid);
    else this.loose.set(record.bid, record);
  }

  /** Keeps the file too, and remembers where. */
  async putFile(record: Record, file: Blob): Promise<void> {
    record.stored ??= await this.write(file, record.header?.length ?? 0);
    await set(record.stored, true, this.claimed());
    record.whole = true;
    await this.put(record);
  }

  /** Keeps this file in the place of the one that is here. */
  async replaceFile(record: Record, file: Blob): Promise<void> {
    const { stored: before, ...rest } = record;
    const next: Record = { ...rest };
    await this.putFile(next, file);
    if (next.stored) record.stored = next.stored;
    record.whole = true;
    if (before) await this.drop(before);
  }

  /** The whole .kbid; undefined when it is not here (any more). */
  async file({ stored, header }: Record): Promise<Blob | undefined> {
    if (!stored) return undefined;
    const blank = (await inFolder(stored)) ?? (await get<Blob>(stored, this.files()));
    return blank && (header ? behind(header.slice(), blank) : blank);
  }

  async remove({ bid, stored }: Record): Promise<void> {
    await vault().keep(bid, undefined, SHELF);
    this.loose.delete(bid);
    if (stored) await this.drop(stored);
  }

  private async drop(stored: string): Promise<void> {
    await del(stored, this.claimed());
    await del(stored, this.files());
    await outOfFolder(stored);
  }

  /** Another person is here: what no locker took was the last one's. */
  leave(): void {
    this.loose.clear();
  }

  /** Takes up what an earlier page kept in the clear, once its bidder is here with a key. */
  async moveIn(bidder: string): Promise<void> {
    await emptied<Record>(...FORMER, async (bid, { stored, ...record }) => {
      if (record.bidder !== bidder) return false;
      const file = (stored && (await inFolder(stored))) || (await get<Blob>(bid, this.files()));
      if (file) record.header ??= await vault().header(file);
      const moved: Record = { ...record, whole: false };
      if (!(await vault().keep(bid, written(moved), SHELF))) return false;
      if (file) await this.putFile(moved, file);
      await del(bid, this.files());
      if (stored) await outOfFolder(stored);
      return true;
    });
  }

  /** Drops files that no bid claims, whoever's it is. */
  async tidy(now: number): Promise<void> {
    const claimed = new Set(await keys<string>(this.claimed()));
    await emptied<Record>(...FORMER, async (_, { stored }) => {
      if (stored) claimed.add(stored);
      return false;
    });
    const home = await folder();
    for await (const [name, handle] of home as unknown as AsyncIterable<[string, FileSystemHandle]>) {
      if (claimed.has(name) || handle.kind !== "file") continue;
      const file = await (handle as FileSystemFileHandle).getFile();
      if (now - file.lastModified > ORPHAN) await home.removeEntry(name).catch(() => undefined);
    }
  }

  /** Under a new name, with a blank head. */
  private async write(file: Blob, head: number): Promise<string> {
    const blank = new Blob([new Uint8Array(head), file.slice(head)]);
    const name = `${crypto.randomUUID()}.kbid`;
    await intoFolder(name, blank).catch(() => set(name, blank, this.files()));
    return name;
  }

  private claimed(): UseStore {
    return (this.claims ??= createStore("kaibiao-claims", "claims"));
  }

  private files(): UseStore {
    return (this.blobs ??= createStore("kaibiao-files", "files"));
  }
}

function written({ header, chunks, ...rest }: Record): Written {
  return { ...rest, ...(header ? { header: base64(header) } : {}), ...(chunks ? { chunks: base64(chunks) } : {}) };
}

/**
 * What was learnt from the server while the locker was closed is added to what is
 * known of the file, and takes nothing from it.
 */
function joined(before: Written, told: Written): Written {
  const { name, size, documents, sealed, stored, chunks, submit, consortium } = before;
  const isNew = (line: LogLine) => !told.log.some(({ time, what }) => time === line.time && what === line.what);
  const file = { name, size, documents, sealed, stored, chunks, submit, consortium };
  return { ...before, ...told, ...file, whole: true, log: [...before.log.filter(isNew), ...told.log] } as Written;
}

function read({ header, chunks, ...rest }: Written): Record {
  const bytes = (text: string) => unbase64(text) ?? new Uint8Array();
  return { ...rest, ...(header ? { header: bytes(header) } : {}), ...(chunks ? { chunks: bytes(chunks) } : {}) };
}

async function inFolder(name: string): Promise<Blob | undefined> {
  try {
    return await (await (await folder()).getFileHandle(name)).getFile();
  } catch {
    return undefined;
  }
}

/** Where there is no such folder, there is no file in it. */
async function outOfFolder(name: string): Promise<void> {
  try {
    await (await folder()).removeEntry(name);
  } catch {
    return;
  }
}

async function intoFolder(name: string, file: Blob): Promise<void> {
  const home = await folder();
  const handle = await home.getFileHandle(name, { create: true });
  try {
    await file.stream().pipeTo(await handle.createWritable());
  } catch (error) {
    await home.removeEntry(name).catch(() => undefined);
    throw error;
  }
}
