/**
 * The custodian's key files that lie in this browser, each under the
 * custodian's passphrase and, as all that is kept here, in the locker of its
 * certificate; and the one file that holds them all outside of it
 * (docs/spec/sealed-bid.md, 12).
 */
import { canonical } from "@/crypto/bid/canonical";
import { vault } from "@/crypto/client";
import type { Hex, Millis } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";

/** A key file as a backup has it: what it is for is a hint for people, and nothing relies on it. */
interface Filed {
  project: string;
  number: string;
  title: string;
  /** The key file's own text. */
  keyfile: string;
}

export interface RingKey extends Filed {
  id: Hex;
  /** Base64 of its public point, as terms and duties name it. */
  point: string;
  made: Millis;
  /** When a saved backup with it was last proved to open. */
  proved?: Millis;
  /** When it was certified from this browser. */
  certified?: Millis;
  /** The agent's public key that is to be certified with it. */
  agent?: string;
  /** Of what suite it is, where that is not `intl`. */
  suite?: "gm";
}

const SHELF = "custody ring";
const FORMAT = "kaibiao/1 keyfiles";
/** No backup is larger, characters: some thousands of keys. */
const LARGEST = 4_000_000;

/** The newest first. */
export async function ringKeys(): Promise<RingKey[]> {
  const all = (await vault().shelf(SHELF)) as RingKey[];
  return all.sort((a, b) => b.made - a.made);
}

export async function putKey(key: RingKey): Promise<void> {
  if (!(await vault().keep(key.id, key, SHELF))) throw new CryptoFailure("device-keeps-nothing");
}

export async function dropKey(id: Hex): Promise<void> {
  await vault().keep(id, undefined, SHELF);
}

/** The key that the terms name, or the newest of its project where they name none yet. */
export function keyOf(keys: readonly RingKey[], project: string, point: string | undefined): RingKey | undefined {
  return keys.find((it) => (point === undefined ? it.project === project : it.point === point));
}

export function backupOf(keys: readonly RingKey[]): string {
  const filed = keys.map(({ project, number, title, keyfile }): Filed => ({ project, number, title, keyfile }));
  return canonical({ format: FORMAT, keys: filed.sort((a, b) => (a.keyfile < b.keyfile ? -1 : 1)) });
}

/** The key files in a chosen file: a backup, or one key file by itself. Refuses `keyfile-wrong`. */
export function filedIn(text: string): Filed[] {
  let read: unknown;
  try {
    read = text.length > LARGEST ? undefined : JSON.parse(text);
  } catch {
    read = undefined;
  }
  const { format, keys } = (read ?? {}) as { format?: unknown; keys?: unknown };
  if (format !== FORMAT) return [{ project: "", number: "", title: "", keyfile: text }];
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isFiled)) throw new CryptoFailure("keyfile-wrong");
  return keys;
}

function isFiled(it: unknown): it is Filed {
  const filed = (it ?? {}) as Partial<Record<keyof Filed, unknown>>;
  return [filed.project, filed.number, filed.title, filed.keyfile].every((member) => typeof member === "string");
}
