/** Where a bid is sealed to: a file of this origin's own, or memory where there is none. */
import { MemorySink } from "./bid/seal";
import type { Sink } from "./bid/types";
import { CryptoFailure } from "./failure";

/** The folder in the origin's own file system. */
export const FOLDER = "bids";

interface Target {
  sink: Sink;
  /**
   * The whole file. Where it lies in the folder, `stored` is its name there, and
   * its head is blank: a header tells whose bid it is, and that is for the owner
   * alone to know on a machine that others use.
   */
  finish(header: Uint8Array<ArrayBuffer>): Promise<{ file: Blob; stored?: string }>;
  abandon(): Promise<void>;
}

export async function folder(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
}

export async function newTarget(): Promise<Target> {
  try {
    return await fileTarget();
  } catch {
    return memoryTarget();
  }
}

async function fileTarget(): Promise<Target> {
  const home = await folder();
  const name = `${crypto.randomUUID()}.kbid`;
  const handle = await home.getFileHandle(name, { create: true });
  // Only a dedicated worker has this; anywhere else memory does.
  const access = await handle.createSyncAccessHandle();
  return {
    sink: {
      write(at, bytes) {
        try {
          for (let done = 0; done < bytes.length; ) done += access.write(bytes.subarray(done), { at: at + done });
        } catch (error) {
          throw new CryptoFailure("device-full", { reason: error instanceof Error ? error.name : "" });
        }
      },
    },
    async finish(header) {
      access.write(new Uint8Array(header.length), { at: 0 });
      access.flush();
      access.close();
      return { file: behind(header, await handle.getFile()), stored: name };
    },
    async abandon() {
      access.close();
      await home.removeEntry(name);
    },
  };
}

/** A file whose head is blank, with its header. */
export function behind(header: Uint8Array<ArrayBuffer>, blank: Blob): Blob {
  return new Blob([header, blank.slice(header.length)]);
}

function memoryTarget(): Target {
  const sink = new MemorySink();
  return { sink, finish: async () => ({ file: sink.blob() }), abandon: async () => undefined };
}
