/** Lists that the server tells a page at a time, read as one. */

/** What a page says of the next one: it is given back as `after`. */
interface Page {
  next?: string | null;
}

/** How many pages a list has at first, and how many more there are at each 更多. */
export const PAGES = 5;

/**
 * The first pages of a list, at most so many, with the lines of all of them under `lines`. Where there are more, `next` is
 * still there: what is counted is then not all of it.
 */
export async function firstPages<T extends Page, K extends keyof T>(
  ask: (after?: string) => Promise<T>,
  lines: K & (T[K] extends readonly unknown[] ? K : never),
  most: number,
): Promise<T> {
  let page = await ask();
  const all = [...(page[lines] as unknown[])];
  const first = page;
  for (let read = 1; read < most && page.next; read += 1) {
    page = await ask(page.next);
    all.push(...(page[lines] as unknown[]));
  }
  const { next: _, ...rest } = first;
  return { ...rest, [lines]: all, ...(page.next ? { next: page.next } : {}) } as T;
}
