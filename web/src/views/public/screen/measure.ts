/** Reads a table that was drawn out of sight: how wide its columns would be, and how high its lines are. */
import type { Wanted } from "./columns";
import type { Head, Section } from "./content";

/** In letters: a name, and any other text, is broken into lines beyond `most`, and never narrower than `least`. */
const NAME = { most: 26, easy: 18, least: 10 };
const TEXT = { most: 18, easy: 12, least: 6 };
/** A column's head may be broken into lines, but not narrower than so many letters. */
const HEAD = 4;
/** Space at both sides of a cell, in letters; as ScreenTable says it. */
const PADDING = 0.8;

export interface Wish extends Wanted {
  /** The least at which it is read easily: where columns are spread over several pages anyhow. */
  easy: number;
}

/** What each column wants, from a table at its natural widths. `letter` is the size of its letters, px. */
export function readColumns(table: HTMLTableElement, section: Section, letter: number): Map<string, Wish> {
  const heads = [...section.always, ...section.heads];
  const labels = [...(table.tHead?.rows[0]?.cells ?? [])].map(widest);
  const values = heads.map(() => 0);
  for (const row of table.tBodies[0]?.rows ?? []) {
    [...row.cells].forEach((cell, index) => {
      values[index] = Math.max(values[index] ?? 0, widest(cell));
    });
  }
  return new Map(heads.map((head, index) => [head.id, wanted(head, labels[index] ?? 0, values[index] ?? 0, letter)]));
}

/** What one column wants, by the widths of its head and of its widest value. */
export function wanted(head: Head, label: number, widestValue: number, letter: number): Wish {
  const padding = PADDING * letter + 2;
  const headLeast = Math.min(label, HEAD * letter);
  if (head.numeric) {
    const least = Math.max(widestValue, headLeast) + padding;
    return { id: head.id, least, easy: least, natural: Math.max(least, Math.min(label, TEXT.most * letter) + padding) };
  }
  const { most, easy, least } = head.name ? NAME : TEXT;
  return {
    id: head.id,
    easy: Math.max(Math.min(widestValue, easy * letter), headLeast) + padding,
    least: Math.max(Math.min(widestValue, least * letter), headLeast) + padding,
    natural: Math.max(Math.min(widestValue, most * letter), Math.min(label, least * letter)) + padding,
  };
}

/** The heights of a table's head and of each of its lines. */
export function readHeights(table: HTMLTableElement): { head: number; lines: number[] } {
  const height = (element: Element | null | undefined) => element?.getBoundingClientRect().height ?? 0;
  return { head: height(table.tHead), lines: [...(table.tBodies[0]?.rows ?? [])].map(height) };
}

function widest(cell: HTMLTableCellElement): number {
  let most = 0;
  for (const it of cell.querySelectorAll(".it, .badge")) most = Math.max(most, it.getBoundingClientRect().width);
  return most;
}
