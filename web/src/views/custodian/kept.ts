/**
 * What this device remembers of a custodian's doing: which set it released for
 * a lot, and which rescues it took part in. Written before anything is sent.
 * What can be read of it is the custodian's alone; a guard that tells nothing by
 * itself holds for all who work here, so that no second set of a lot ever
 * leaves this device, by whichever certificate.
 */
import { createStore, update, type UseStore } from "idb-keyval";
import { hex, utf8 } from "@/crypto/bid/encoding";
import { labelled } from "@/crypto/bid/hash";
import { vault } from "@/crypto/client";
import type { Hex, Released } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { emptied } from "@/crypto/former";

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

const RELEASES = "releases";
const KEYS = "custody keys";
const rescuesOf = (project: string) => `rescues ${project}`;

export class AnotherSet extends Error {
  readonly code = "released-other";
  constructor() {
    super("another set of this lot was released on this device");
  }
}

export async function releasedBefore(project: string, lot: string): Promise<Release | undefined> {
  return (await vault().kept(`${project}/${lot}`, RELEASES)) as Release | undefined;
}

/** Keeps what is about to be released; refuses another set than the one kept. */
export async function keepRelease(released: Released): Promise<void> {
  if (!(await guarded(released))) throw new AnotherSet();
  const before = await releasedBefore(released.project, released.lot);
  await putRelease({ released, sent: before?.sent ?? false });
}

export async function markSent(released: Released): Promise<void> {
  await putRelease({ released, sent: true });
}

export async function rescuedBids(project: string): Promise<Hex[]> {
  return (await vault().shelf(rescuesOf(project))) as Hex[];
}

export async function keepRescue(project: string, bid: Hex): Promise<void> {
  if (!(await vault().keep(bid, bid, rescuesOf(project)))) throw new CryptoFailure("device-keeps-nothing");
}

export async function knownKey(project: string): Promise<KnownKey | undefined> {
  return (await vault().kept(project, KEYS)) as KnownKey | undefined;
}

export async function keepKnownKey(project: string, key: KnownKey): Promise<void> {
  await vault().keep(project, key, KEYS);
}

/** Takes up what an earlier page kept in the clear of projects whose custodian is here. */
export async function moveIn(projects: readonly string[]): Promise<void> {
  await emptied<Release | Hex[] | KnownKey>("kaibiao-custody", "kept", async (name, former) => {
    const project = projects.find((it) => name.split("/")[1] === it);
    if (project === undefined) return false;
    if (name.startsWith("rescued/")) return allOf((former as Hex[]).map((bid) => vault().keep(bid, bid, rescuesOf(project))));
    if (name.startsWith("key/")) return (await knownKey(project)) !== undefined || vault().keep(project, former, KEYS);
    const release = former as Release;
    // The guard stands from now on, whether or not the rest can be kept yet.
    await guarded(release.released);
    return (await releasedBefore(project, release.released.lot)) !== undefined || putRelease(release);
  });
}

function putRelease(release: Release): Promise<boolean> {
  const { project, lot } = release.released;
  return vault().keep(`${project}/${lot}`, release, RELEASES);
}

async function allOf(keeping: Promise<boolean>[]): Promise<boolean> {
  return (await Promise.all(keeping)).every(Boolean);
}

let store: UseStore | undefined;
const guards = (): UseStore => (store ??= createStore("kaibiao-guards", "sets"));

/** Whether this set is the one of its lot; where there is none yet, it becomes that. */
async function guarded(released: Released): Promise<boolean> {
  const own = digestOf("set", setOf(released));
  let first: Hex = own;
  // Within one transaction, so that two tabs cannot each keep their own.
  await update<Hex>(digestOf("lot", [released.project, released.lot]), (before) => (first = before ?? own), guards());
  return first === own;
}

function setOf({ project, lot, closing, accepted, bids }: Released): unknown {
  return [project, lot, closing, accepted, [...bids].sort()];
}

function digestOf(what: string, value: unknown): Hex {
  return hex(labelled(`kaibiao/1 released ${what}`, utf8(JSON.stringify(value))));
}
