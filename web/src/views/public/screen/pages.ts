/** Which lines stand on which page of the hall's screen: arithmetic only, over heights that were measured. */

/** Lines from (included) to (not included). */
export interface Slice {
  from: number;
  to: number;
}

export interface Page {
  /** Which part of the screen's content: opened bids, unopened ones, names. */
  section: number;
  /** Which group of its columns. */
  group: number;
  /** Side by side. */
  slices: Slice[];
}

/** Cuts lines into runs that fit the room; a line that is too high has a run to itself. */
export function pack(heights: readonly number[], room: number): Slice[] {
  const slices: Slice[] = [];
  let from = 0;
  let used = 0;
  heights.forEach((height, index) => {
    if (index > from && used + height > room) {
      slices.push({ from, to: index });
      from = index;
      used = 0;
    }
    used += height;
  });
  if (heights.length > 0) slices.push({ from, to: heights.length });
  return slices;
}

/** The pages of one section: all groups of columns of the same lines come one after another. */
export function pagesOf(section: number, slices: readonly Slice[], groups: number, lanes: number): Page[] {
  const pages: Page[] = [];
  for (let at = 0; at < slices.length; at += lanes) {
    for (let group = 0; group < groups; group += 1) pages.push({ section, group, slices: slices.slice(at, at + lanes) });
  }
  return pages;
}

/** For each line the most that any group of columns needs. */
export function tallest(groups: readonly (readonly number[])[]): number[] {
  const [first = [], ...others] = groups;
  return first.map((height, index) => others.reduce((most, it) => Math.max(most, it[index] ?? 0), height));
}

/** Letters as large as can be with at most so many pages of one-line rows; the smallest where there are more. */
export function scaleFor(count: number, room: number, line: number, scales: readonly number[], most: number): number {
  const fitting = scales.find((scale) => count <= most * Math.floor(room / (line * scale)));
  return fitting ?? scales.at(-1) ?? 1;
}

/** The pages on which a line stands. */
export function pagesWith(pages: readonly Page[], section: number, line: number): number[] {
  return pages.flatMap((page, index) =>
    page.section === section && page.slices.some(({ from, to }) => line >= from && line < to) ? [index] : [],
  );
}

/** Where a screen goes on when its pages were made anew: at the page with the line that it showed first. */
export function resume(pages: readonly Page[], before: Page | undefined): number {
  const line = before?.slices[0]?.from;
  if (before === undefined || line === undefined) return 0;
  const [first, ...others] = pagesWith(pages, before.section, line);
  return others.find((index) => pages[index]?.group === before.group) ?? first ?? 0;
}

/** The page after this one; among those of the line that is read out, where one is. */
export function following(at: number, count: number, held: readonly number[]): number {
  if (held.length === 0) return count > 0 ? (at + 1) % count : 0;
  return held.find((index) => index > at) ?? held[0] ?? 0;
}

/** How long a page stays, ms: as long as its lines take to read. */
export function stay(lines: number): number {
  return Math.min(12_000, Math.max(5_000, 3_000 + 1_000 * lines));
}
