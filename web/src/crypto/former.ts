/** What earlier pages kept in the clear: moved to where only its owner reads it. */
import { createStore, del, entries, type UseStore } from "idb-keyval";

const opened = new Map<string, UseStore>();

/** Shows `take` each entry of a former store, and deletes what it has taken; the rest waits for its owner. */
export async function emptied<T>(name: string, inside: string, take: (key: string, value: T) => Promise<boolean>): Promise<void> {
  if (!(await lies(name))) return;
  const store = opened.get(name) ?? createStore(name, inside);
  opened.set(name, store);
  for (const [key, value] of await entries<string, T>(store)) if (await take(key, value)) await del(key, store);
}

/** A browser that cannot tell its databases is asked for each. */
async function lies(name: string): Promise<boolean> {
  if (typeof indexedDB === "undefined") return false;
  const all = await indexedDB.databases?.();
  return all?.some((it) => it.name === name) ?? true;
}
