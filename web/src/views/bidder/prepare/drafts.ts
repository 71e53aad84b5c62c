/**
 * What a bidder has typed, and what it has sealed, until bidding is over: in
 * its own locker, readable only with the key of whoever wrote it. The files
 * themselves stay where they are: this page holds them until it is closed, and
 * asks for them by name afterwards.
 */
import { vault } from "@/crypto/client";
import type { Hex } from "@/crypto/contract";
import type { Chosen, Named } from "./documents";
import type { Entries } from "./entries";
import type { SpareChoice } from "./preparation";

/** What of it survives a reload. */
export interface Draft {
  entries: Entries;
  rescue: boolean;
  step: number;
  documents: Named[];
  /** Names of the spare recipients, which are to be added again. */
  spares: string[];
}

/** The contents of a sealed bid. */
interface Contents {
  bid: Hex;
  project: string;
  lot: string;
  draft: Draft;
}

interface Place {
  project: string;
  lot: string;
}

const SHELF = "sealed";
const nameOf = ({ project, lot }: Place): string => `draft ${project}/${lot}`;

export async function draftOf(place: Place): Promise<Draft | undefined> {
  return (await vault().kept(nameOf(place))) as Draft | undefined;
}

export async function keepDraft(place: Place, draft: Draft | undefined): Promise<void> {
  await vault().keep(nameOf(place), draft);
}

/** Keeps what was sealed beside what is being written, so that it can be corrected. */
export async function keepContents(bid: Hex, { project, lot }: Place, draft: Draft): Promise<void> {
  const contents: Contents = { bid, project, lot, draft };
  await vault().keep(bid, contents, SHELF);
}

export async function contentsOf(bid: Hex): Promise<Draft | undefined> {
  return ((await vault().kept(bid, SHELF)) as Contents | undefined)?.draft;
}

/** Bidding is over in this lot: nothing of it can be corrected any more. */
export async function forgetLot({ project, lot }: Place): Promise<void> {
  const all = (await vault().shelf(SHELF)) as Contents[];
  for (const it of all) {
    if (it.project !== project || it.lot !== lot) continue;
    await vault().keep(it.bid, undefined, SHELF);
    held.delete(it.bid);
  }
  await keepDraft({ project, lot }, undefined);
}

interface Held {
  documents: readonly Chosen[];
  spares: readonly SpareChoice[];
}

/** Files and spares of what was sealed since this page was opened. */
const held = new Map<Hex, Held>();

export function hold(bid: Hex, it: Held): void {
  held.set(bid, it);
}

/** Those that the browser can still read: a file that was changed or moved meanwhile is chosen again. */
export async function heldOf(bid: Hex): Promise<Held> {
  const it = held.get(bid);
  const documents: Chosen[] = [];
  for (const one of it?.documents ?? []) if (await isReadable(one.file)) documents.push(one);
  return { documents, spares: it?.spares ?? [] };
}

/** Another person is here. */
export function letGo(): void {
  held.clear();
}

async function isReadable(file: File): Promise<boolean> {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}
