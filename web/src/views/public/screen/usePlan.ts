/** Measures the content of the hall's screen, and lays it out on pages; again whenever content or room change. */
import { nextTick, onBeforeUnmount, onMounted, type Ref, shallowRef, watch } from "vue";
import { lanes, planColumns, type Placed, spread, type Wanted } from "./columns";
import type { Head, Row, Section } from "./content";
import { readColumns, readHeights, type Wish } from "./measure";
import { pack, type Page, pagesOf, scaleFor, tallest } from "./pages";

/** Letters may shrink to these parts of their size, where there would be more pages than `MANY` otherwise. */
const SCALES = [1, 0.85, 0.7, 0.6];
const MANY = 8;
/** A one-line row, in letters: as ScreenTable draws it. */
const ROW = 1.95;
/** Between tables that stand side by side, in letters. */
export const GAP = 1.5;

/** How one section is drawn. */
export interface Drawn {
  scale: number;
  /** The columns of each group. */
  groups: Placed[][];
  /** Lines of one value at most. */
  most: number;
}

export interface Plan {
  sections: readonly Section[];
  drawn: Drawn[];
  pages: Page[];
}

/** What is drawn out of sight, to be measured. */
export interface Probe {
  section: Section;
  scale: number;
  columns?: readonly Placed[];
  most: number;
}

interface Room {
  width: number;
  height: number;
  /** The size of the screen's letters, px. */
  letter: number;
}

/** A section as it was laid out once. */
interface Laid {
  drawn: Drawn;
  pages: Page[];
  /** How often its lines change. */
  turns: number;
  /** No line is higher than the room, and no column has less than it needs. */
  fits: boolean;
}

interface Attempt {
  section: Section;
  index: number;
  space: Room;
  scale: number;
  columns: ReadonlyMap<string, Wish>;
  /** Columns as wide as they are read easily, where those of one page would be narrow and long. */
  easy: boolean;
}

const sum = (columns: readonly Wanted[]) => columns.reduce((total, it) => total + it.least, 0);

/** What decides how content is laid out: its words, without what room is kept for. */
function words(sections: readonly Section[]): string {
  const settled = ({ key, cells }: Row) => ({ key, ...cells, ...(cells["line"] ? { line: cells["line"].note } : {}) });
  return JSON.stringify(sections.map((section) => ({ ...section, rows: section.rows.map(settled) })));
}

export function usePlan(body: Readonly<Ref<HTMLElement | null>>, sections: () => readonly Section[]) {
  const plan = shallowRef<Plan>();
  const probe = shallowRef<Probe>();
  let turn = 0;
  let made = "";

  const room = (): Room | undefined => {
    const it = body.value;
    if (!it || it.clientWidth === 0 || it.clientHeight === 0) return undefined;
    return { width: it.clientWidth, height: it.clientHeight, letter: Number.parseFloat(getComputedStyle(it).fontSize) };
  };

  /** Draws a section out of sight; nothing where something newer is being measured. */
  async function drawn(wanted: Probe, mine: number): Promise<HTMLTableElement | undefined> {
    probe.value = wanted;
    await nextTick();
    if (mine !== turn) return undefined;
    return body.value?.querySelector<HTMLTableElement>(".probe table") ?? undefined;
  }

  async function layOut(): Promise<void> {
    const [space, content] = [room(), sections()];
    const wanted = `${space?.width}x${space?.height}/${space?.letter} ${words(content)}`;
    if (!space || wanted === made) return;
    made = wanted;
    turn += 1;
    const mine = turn;
    const all: Drawn[] = [];
    const pages: Page[] = [];
    for (const [index, section] of content.entries()) {
      const laid = await layOutSection(section, index, space, mine);
      if (!laid) return;
      all.push(laid.drawn);
      pages.push(...laid.pages);
    }
    probe.value = undefined;
    plan.value = { sections: content, drawn: all, pages };
  }

  /** The section in the largest letters that need few pages; in the smallest where there are many. */
  async function layOutSection(section: Section, index: number, space: Room, mine: number): Promise<Laid | undefined> {
    const natural = await drawn({ section, scale: 1, most: 20 }, mine);
    if (!natural) return undefined;
    const columns = readColumns(natural, section, space.letter);
    const first = scaleFor(section.rows.length, space.height, ROW * space.letter, SCALES, MANY);
    let best: Laid | undefined;
    for (const scale of SCALES.filter((it) => it <= first)) {
      best = undefined;
      for (const easy of [false, true]) {
        const laid = await layOutAt({ section, index, space, scale, columns, easy }, mine);
        if (!laid) return undefined;
        if (!best || laid.pages.length < best.pages.length) best = laid;
        // With room to spare there is nothing to gain.
        if (laid.drawn.groups.length > 1 || laid.turns <= 1) break;
      }
      if (best?.fits && best.turns <= MANY) break;
    }
    return best;
  }

  async function layOutAt({ section, index, space, scale, columns, easy }: Attempt, mine: number): Promise<Laid | undefined> {
    const letter = space.letter * scale;
    // What is measured in letters is as much smaller as they are.
    const of = ({ id }: Head): Wanted[] => {
      const it = columns.get(id);
      return it ? [{ id, least: (easy ? it.easy : it.least) * scale, natural: it.natural * scale }] : [];
    };
    const always = section.always.flatMap(of);
    const others = section.heads.flatMap(of);
    const gap = GAP * letter;
    const one = always.reduce((sum, it) => sum + it.natural, 0);
    const beside = others.length ? 1 : lanes(space.width, one, gap);
    const width = Math.floor((space.width - gap * (beside - 1)) / beside);
    const groups = others.length ? planColumns(width, always, others) : [spread(width, always)];
    const most = Math.max(1, Math.floor((space.height - 4 * letter) / (1.3 * letter)));
    const narrow = sum(always) + Math.max(0, ...others.map((it) => it.least)) > width;
    const heights: number[][] = [];
    let head = 0;
    for (const placed of groups) {
      const table = await drawn({ section, scale, columns: placed, most }, mine);
      if (!table) return undefined;
      const read = readHeights(table);
      head = Math.max(head, read.head);
      heights.push(read.lines);
    }
    const lines = tallest(heights);
    const left = space.height - head - 1;
    const slices = pack(lines, left);
    return {
      drawn: { scale, groups, most },
      pages: pagesOf(index, slices, groups.length, beside),
      turns: Math.ceil(slices.length / beside),
      fits: !narrow && lines.every((line) => line <= left),
    };
  }

  const observer = new ResizeObserver(() => void layOut());
  onMounted(() => {
    if (body.value) observer.observe(body.value);
    // Letters of another font are as wide as they are once it is there.
    void document.fonts?.ready.then(() => layOut());
  });
  onBeforeUnmount(() => {
    turn += 1;
    observer.disconnect();
  });
  watch(sections, () => void layOut(), { flush: "post" });

  return { plan, probe };
}
