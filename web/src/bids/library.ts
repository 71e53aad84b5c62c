/** The sealed bids on this device: an index, and the files in the origin's own file system. */
import { createStore, del, get, set, values, type UseStore } from "idb-keyval";
import type { Hex } from "@/crypto/contract";
import { folder } from "@/crypto/opfs";
import type { Record } from "./types";

/** A file that no bid names was left behind by a closed page. It is deleted after so long, ms. */
const ORPHAN = 24 * 3600_000;

export class Library {
  private index: UseStore | undefined;
  private blobs: UseStore | undefined;

  async all(): Promise<Record[]> {
    return (await values<Record>(this.records())).sort((a, b) => b.sealed - a.sealed);
  }

  get(bid: Hex): Promise<Record | undefined> {
    return get<Record>(bid, this.records());
  }

  async put(record: Record): Promise<void> {
    await set(record.bid, record, this.records());
  }

  /** Keeps the file too, and remembers where. */
  async putFile(record: Record, file: Blob): Promise<void> {
    if (!record.stored) {
      const stored = await write(file).catch(() => undefined);
      if (stored) record.stored = stored;
      else await set(record.bid, file, this.files());
    }
    record.whole = true;
    await this.put(record);
  }

  /** The whole .kbid; undefined when it is not here (any more). */
  async file(record: Record): Promise<Blob | undefined> {
    if (!record.stored) return get<Blob>(record.bid, this.files());
    try {
      return await (await (await folder()).getFileHandle(record.stored)).getFile();
    } catch {
      return undefined;
    }
  }

  async remove(record: Record): Promise<void> {
    await del(record.bid, this.records());
    await del(record.bid, this.files());
    if (record.stored) await (await folder()).removeEntry(record.stored).catch(() => undefined);
  }

  /** Drops files that no record names. */
  async tidy(now: number): Promise<void> {
    const named = new Set((await this.all()).map((record) => record.stored));
    const home = await folder();
    for await (const [name, handle] of home as unknown as AsyncIterable<[string, FileSystemHandle]>) {
      if (named.has(name) || handle.kind !== "file") continue;
      const file = await (handle as FileSystemFileHandle).getFile();
      if (now - file.lastModified > ORPHAN) await home.removeEntry(name).catch(() => undefined);
    }
  }

  private records(): UseStore {
    return (this.index ??= createStore("kaibiao-bids", "bids"));
  }

  private files(): UseStore {
    return (this.blobs ??= createStore("kaibiao-files", "files"));
  }
}

async function write(file: Blob): Promise<string> {
  const home = await folder();
  const name = `${crypto.randomUUID()}.kbid`;
  const handle = await home.getFileHandle(name, { create: true });
  try {
    await file.stream().pipeTo(await handle.createWritable());
    return name;
  } catch (error) {
    await home.removeEntry(name).catch(() => undefined);
    throw error;
  }
}
