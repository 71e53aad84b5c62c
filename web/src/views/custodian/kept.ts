/**
 * What this device remembers of a custodian's doing: which set it released for
 * a lot, and which rescues it took part in. Written before anything is sent, so
 * that no second set of a lot ever leaves this device.
 */
import { createStore, get, set, update } from "idb-keyval";
import type { Hex, Released } from "@/crypto/contract";

/** The public half of a key that was made or proved on this device. */
export interface KnownKey {
  id: Hex;
  point: string;
  /** When its saved file was last proved to open. */
  proved: number;
  name: string;
}

interface Release {
  released: Released;
  /** Whether the server has taken it. */
  sent: boolean;
}

let store: ReturnType<typeof createStore> | undefined;
const shelf = (): ReturnType<typeof createStore> => (store ??= createStore("kaibiao-custody", "kept"));

export class AnotherSet extends Error {
  readonly code = "released-other";
  constructor() {
    super("another set of this lot was released on this device");
  }
}

export async function releasedBefore(project: string, lot: string): Promise<Release | undefined> {
  return get<Release>(`released/${project}/${lot}`, shelf());
}

/** Keeps what is about to be released; refuses another set than the one kept. */
export async function keepRelease(released: Released): Promise<void> {
  const key = `released/${released.project}/${released.lot}`;
  let differs = false;
  // Within one transaction, so that two tabs cannot each keep their own.
  await update<Release>(
    key,
    (before) => {
      differs = before !== undefined && !isSame(before.released, released);
      return differs && before ? before : { released, sent: before?.sent ?? false };
    },
    shelf(),
  );
  if (differs) throw new AnotherSet();
}

export async function markSent(released: Released): Promise<void> {
  await set(`released/${released.project}/${released.lot}`, { released, sent: true } satisfies Release, shelf());
}

function isSame(a: Released, b: Released): boolean {
  const bids = (it: Released) => [...it.bids].sort().join(" ");
  return a.project === b.project && a.lot === b.lot && a.closing === b.closing && a.accepted === b.accepted && bids(a) === bids(b);
}

export async function rescuedBids(project: string): Promise<Hex[]> {
  return (await get<Hex[]>(`rescued/${project}`, shelf())) ?? [];
}

export async function keepRescue(project: string, bid: Hex): Promise<void> {
  await update<Hex[]>(`rescued/${project}`, (before) => [...new Set([...(before ?? []), bid])], shelf());
}

export async function knownKey(project: string): Promise<KnownKey | undefined> {
  return get<KnownKey>(`key/${project}`, shelf());
}

export async function keepKnownKey(project: string, key: KnownKey): Promise<void> {
  await set(`key/${project}`, key, shelf());
}
