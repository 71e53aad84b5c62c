/** The list of documents of a bid before it is sealed. */
import { checkNames } from "@/crypto/bid/names";

export interface Chosen {
  /** For the list on the page only. */
  id: number;
  /** The name it is sealed under; made from the file's and open to change. */
  name: string;
  file: File;
}

interface NameProblem {
  id: number;
  code: string;
}

/** The most documents of one bid (docs/spec/sealed-bid.md). */
export const MOST = 1024;

let last = 0;

/** Adds files in the order in which they were given; names are composed (NFC) as the format wants. */
export function added(list: readonly Chosen[], files: Iterable<File>): Chosen[] {
  const fresh = [...files].map((file) => ({ id: (last += 1), name: file.name.normalize("NFC"), file }));
  return [...list, ...fresh].slice(0, MOST);
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
