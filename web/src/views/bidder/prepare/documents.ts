/** The list of documents of a bid before it is sealed. */
import { nameProblem } from "@/crypto/bid/names";
import { fold } from "@/crypto/bid/unicode";
import type { Given } from "./folders";

export interface Chosen {
  /** For the list on the page only. */
  id: number;
  /** The name it is sealed under; made from the file's and open to change. */
  name: string;
  /** The name it was offered under. */
  from: string;
  file: File;
}

/** A document as it is remembered: the name it is sealed under, and the one it was offered under. */
export interface Named {
  name: string;
  file: string;
}

interface NameProblem {
  id: number;
  code: string;
}

/** The most documents of one bid (docs/spec/sealed-bid.md). */
export const MOST = 1024;

let last = 0;

/**
 * Adds files in the order in which they were given; names are composed (NFC) as
 * the format wants. One that was chosen before gets back its name and its place.
 */
export function added(list: readonly Chosen[], files: Iterable<Given | File>, before: readonly Named[] = []): Chosen[] {
  const next = [...list];
  for (const given of files) {
    const from = given.name.normalize("NFC");
    const at = before.findIndex((it) => it.file === from && next.every((one) => one.name !== it.name));
    const later = new Set(before.slice(at + 1).map((it) => it.name));
    const place = at < 0 ? -1 : next.findIndex((one) => later.has(one.name));
    next.splice(place < 0 ? next.length : place, 0, {
      id: (last += 1),
      name: before[at]?.name ?? from,
      from,
      file: given instanceof File ? given : given.file,
    });
  }
  return next.slice(0, MOST);
}

/** Those of before that are not there again. */
export function lostOf(list: readonly Chosen[], before: readonly Named[]): Named[] {
  return before.filter(({ name }) => list.every((one) => one.name !== name));
}

export function named(list: readonly Chosen[]): Named[] {
  return list.map(({ name, from }) => ({ name, file: from }));
}

/** Moves one document up or down by one. */
export function moved(list: readonly Chosen[], id: number, by: -1 | 1): Chosen[] {
  const at = list.findIndex((it) => it.id === id);
  const to = at + by;
  const next = [...list];
  const [it] = next.splice(at, 1);
  if (at < 0 || to < 0 || to >= list.length || !it) return [...list];
  next.splice(to, 0, it);
  return next;
}

/** Every name that cannot be sealed; a name that stands twice is named at its second place. */
export function nameProblems(list: readonly Chosen[]): NameProblem[] {
  const problems: NameProblem[] = [];
  const seen = new Set<string>();
  for (const { id, name } of list) {
    const folded = fold(name);
    const code = nameProblem(name) ?? (seen.has(folded) ? "name-duplicate" : undefined);
    if (code) problems.push({ id, code });
    else seen.add(folded);
  }
  return problems;
}

/** Documents without a byte: seldom meant. */
export function emptyOnes(list: readonly Chosen[]): Chosen[] {
  return list.filter(({ file }) => file.size === 0);
}

export function totalSize(list: readonly Chosen[]): number {
  return list.reduce((sum, it) => sum + it.file.size, 0);
}

/** A media type by the name, where the browser knows none. */
export function mediaOf(file: File): string {
  const type = file.type.toLowerCase();
  return /^[a-z0-9!#$&^_.+-]{1,63}\/[a-z0-9!#$&^_.+-]{1,63}$/.test(type) ? type : "application/octet-stream";
}
