/** Which columns of a table stand on one page of the hall's screen, and how wide: arithmetic only. */

export interface Wanted {
  id: string;
  /** As wide as it would like to be, px: then nothing in it is broken into lines. */
  natural: number;
  /** It cannot be narrower than this. */
  least: number;
}

export interface Placed {
  id: string;
  width: number;
}

/**
 * The columns in groups that fit the width, each beginning with those that are
 * always there. The others come in the order given, the most important first;
 * one that fits nowhere has a group to itself.
 */
export function planColumns(width: number, always: readonly Wanted[], others: readonly Wanted[]): Placed[][] {
  const taken = sum(always, (it) => it.least);
  const groups: Wanted[][] = [];
  let left = 0;
  for (const column of others) {
    const group = groups.at(-1);
    if (group && column.least <= left) {
      group.push(column);
      left -= column.least;
    } else {
      groups.push([column]);
      left = width - taken - column.least;
    }
  }
  if (groups.length === 0) groups.push([]);
  return groups.map((group) => spread(width, [...always, ...group]));
}

/** Shares a width: everybody has the least, then each what it lacks, then all grow alike. */
export function spread(width: number, columns: readonly Wanted[]): Placed[] {
  const least = sum(columns, (it) => it.least);
  const natural = sum(columns, (it) => Math.max(it.natural, it.least));
  // Not even the least: all give way alike.
  if (least >= width) return columns.map(({ id, least: it }) => ({ id, width: (it / least) * width }));
  if (natural <= width) return columns.map(({ id, natural: it, least: own }) => ({ id, width: (Math.max(it, own) / natural) * width }));
  const part = (width - least) / (natural - least);
  return columns.map((it) => ({ id: it.id, width: it.least + (Math.max(it.natural, it.least) - it.least) * part }));
}

/** How many tables stand side by side. */
export function lanes(width: number, one: number, gap: number): number {
  return Math.max(1, Math.floor((width + gap) / (one + gap)));
}

function sum<T>(all: readonly T[], of: (it: T) => number): number {
  return all.reduce((total, it) => total + of(it), 0);
}
