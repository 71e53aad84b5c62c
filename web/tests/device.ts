/** One machine that several people use: their certificates, and what somebody who searches its browser reads. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyFile } from "@/crypto/contract";

/** A certificate with its key, in the clear. */
export function person(code: string): KeyFile {
  const folder = mkdtempSync(join(tmpdir(), "device-"));
  try {
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "own.key");
    const usage = ["-addext", "keyUsage=critical,digitalSignature,keyAgreement", "-addext", "basicConstraints=critical,CA:FALSE"];
    openssl("req", "-x509", "-new", "-key", "own.key", "-out", "own.pem", "-subj", `/CN=x/2.5.4.97=${code}`, ...usage);
    const both = ["own.key", "own.pem"].map((name) => readFileSync(join(folder, name), "utf8")).join("");
    writeFileSync(join(folder, "both.pem"), both);
    return { name: `${code}.pem`, bytes: new Uint8Array(readFileSync(join(folder, "both.pem"))) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All that lies in this browser's databases, and in what is given beside them. */
export async function device(...beside: Storage[]): Promise<string> {
  const found: string[] = beside.map((storage) => JSON.stringify(storage));
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
