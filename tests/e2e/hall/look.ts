/** Runs in the page: walks through the hall's screen and says what is cut, covered or missing. */

export interface Seen {
  pages: number;
  /** Of each bidder the heads of the columns in which it was wholly visible. */
  bidders: Record<string, string[]>;
  faults: string[];
  /** How long the longest page took to be drawn, ms. */
  slowest: number;
}

export async function walk(): Promise<Seen> {
  const seen = new Map<string, Set<string>>();
  const faults: string[] = [];
  const pages = () =>
    Number(
      /\/\s*(\d+)|of (\d+)/
        .exec(document.querySelector(".heading .turned")?.textContent ?? "")
        ?.slice(1)
        .find(Boolean) ?? 1,
    );
  const count = pages();
  let slowest = 0;
  for (let page = 1; page <= count; page += 1) {
    if (pages() !== count) faults.push(`page ${page}: there are ${pages()} pages now, not ${count}`);
    lookAt(page);
    const began = performance.now();
    window.dispatchEvent(new KeyboardEvent("keydown", { key: "PageDown" }));
    // Vue draws before the next task: nothing is painted between two pages, which takes long without a graphics card.
    for (let step = 0; step < 10; step += 1) await Promise.resolve();
    slowest = Math.max(slowest, performance.now() - began);
    if (faults.length > 20) break;
  }
  return { pages: count, bidders: Object.fromEntries([...seen].map(([party, heads]) => [party, [...heads]])), faults, slowest };

  function lookAt(page: number): void {
    const say = (what: string) => faults.push(`page ${page}: ${what}`);
    const screen = new DOMRect(0, 0, innerWidth, innerHeight);
    // The clock and all other parts are in sight, and none covers another.
    const clock = document.querySelector(".top .clock");
    if (!clock || !within(clock.getBoundingClientRect(), screen)) say("the clock is not in sight");
    for (const parent of [".screen", ".top", ".stage", ".fill", ".turning", ".heading", ".foot"]) {
      const parts = [...(document.querySelector(parent)?.children ?? [])].filter((it) => it.getBoundingClientRect().height > 0);
      parts.forEach((one, index) => {
        if (!within(one.getBoundingClientRect(), screen)) say(`${parent} > ${named(one)} sticks out`);
        for (const other of parts.slice(index + 1)) {
          if (overlap(one.getBoundingClientRect(), other.getBoundingClientRect())) say(`${named(one)} covers ${named(other)}`);
        }
      });
    }
    for (const label of document.querySelectorAll<HTMLElement>(
      ".clock, .heading > *, .stage .name, .stage .label, .foot > span, .counts > div",
    )) {
      if (label.scrollWidth > label.clientWidth + 1 && label.clientWidth > 0) say(`${named(label)} is cut: ${label.textContent}`);
    }
    const body = document.querySelector(".body")?.getBoundingClientRect();
    const chart = document.querySelector(".body > .large");
    if (chart)
      for (const part of chart.querySelectorAll("figcaption, canvas, dd, dt"))
        if (body && !within(part.getBoundingClientRect(), body)) say(`the chart's ${named(part)} is cut`);
    for (const table of document.querySelectorAll<HTMLTableElement>(".tables table")) {
      const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((it) => it.textContent?.trim() ?? "");
      for (const cell of table.tHead?.rows[0]?.cells ?? []) if (body && !whole(cell, body)) say(`the head ${cell.textContent} is cut`);
      for (const row of table.tBodies[0]?.rows ?? []) {
        const party = row.dataset["party"] ?? "";
        const known = seen.get(party) ?? new Set();
        seen.set(party, known);
        [...row.cells].forEach((cell, index) => {
          if (body && whole(cell, body)) known.add(heads[index] ?? "");
          else say(`cut: ${heads[index]} of ${cell.textContent?.slice(0, 40)}`);
        });
      }
    }
  }

  /** Every word of a cell lies in the cell, and the cell in its frame. */
  function whole(cell: HTMLTableCellElement, frame: DOMRect): boolean {
    const room = cell.getBoundingClientRect();
    if (!within(room, frame)) return false;
    for (const it of cell.querySelectorAll<HTMLElement>("span")) {
      // Letters stand out of their line a little; a line that is left out is far more.
      const line = Number.parseFloat(getComputedStyle(it).fontSize);
      if (it.scrollHeight > it.clientHeight + line / 2 && it.clientHeight > 0) return false;
      const range = document.createRange();
      range.selectNodeContents(it);
      for (const words of range.getClientRects()) if (words.width > 0 && !within(words, room)) return false;
    }
    return true;
  }

  function within(inner: DOMRect, outer: DOMRect): boolean {
    return inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1 && inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
  }

  function overlap(one: DOMRect, other: DOMRect): boolean {
    return (
      Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
      Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1
    );
  }

  function named(element: Element): string {
    return `${element.tagName.toLowerCase()}.${[...element.classList].join(".")}`;
  }
}
