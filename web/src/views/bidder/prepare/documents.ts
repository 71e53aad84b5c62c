/** The list of documents of a bid before it is sealed. */
import { checkNames } from "@/crypto/bid/names";

export interface Chosen {
  /** For the list on the page only. */
  id: number;
  /** The name it is sealed under; made from the file's and open to change. */
  name: string;
  file: File;
}

/** A document as it is remembered: the name it is sealed under, and its file's. */
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
export function added(list: readonly Chosen[], files: Iterable<File>, before: readonly Named[] = []): Chosen[] {
  const next = [...list];
  for (const file of files) {
    const name = file.name.normalize("NFC");
    const at = before.findIndex((it) => it.file === name && next.every((one) => one.name !== it.name));
    const later = new Set(before.slice(at + 1).map((it) => it.name));
    const place = at < 0 ? -1 : next.findIndex((one) => later.has(one.name));
    next.splice(place < 0 ? next.length : place, 0, { id: (last += 1), name: before[at]?.name ?? name, file });
  }
  return next.slice(0, MOST);
}

/** Those of before that are not there again. */
export function lostOf(list: readonly Chosen[], before: readonly Named[]): Named[] {
  return before.filter(({ name }) => list.every((one) => one.name !== name));
}

export function named(list: readonly Chosen[]): Named[] {
  return list.map(({ name, file }) => ({ name, file: file.name.normalize("NFC") }));
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
  const good: string[] = [];
  for (const { id, name } of list) {
    const code = wrong([name]) ?? wrong([...good, name]);
    if (code) problems.push({ id, code });
    else good.push(name);
  }
  return problems;
}

function wrong(names: string[]): string | undefined {
  try {
    checkNames(names);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? "name-character";
  }
}

export function totalSize(list: readonly Chosen[]): number {
  return list.reduce((sum, it) => sum + it.file.size, 0);
}

/** A media type by the name, where the browser knows none. */
export function mediaOf(file: File): string {
  const type = file.type.toLowerCase();
  return /^[a-z0-9!#$&^_.+-]{1,63}\/[a-z0-9!#$&^_.+-]{1,63}$/.test(type) ? type : "application/octet-stream";
}
