/** The list of openings, put in the order of a day's work. */
import { api, data, type Schemas } from "@/api";
import { day } from "@/ui/format";
import { isEnd, isRunning, type Stage } from "@/ui/stages";

export type Line = Schemas["ProjectLine"];

export interface Groups {
  waiting: Line[];
  running: Line[];
  closed: Line[];
  later: Line[];
  earlier: Line[];
}

/** The openings of `date` in three groups, and those of other days. Whatever runs belongs to today. */
export function groups(lines: readonly Line[], date: string): Groups {
  const made: Groups = { waiting: [], running: [], closed: [], later: [], earlier: [] };
  const byTime = [...lines].sort((a, b) => (a.deadline ?? 0) - (b.deadline ?? 0));
  for (const line of byTime) {
    const stage = line.stage as Stage;
    const on = line.deadline === undefined ? date : day(line.deadline);
    if (isRunning(stage)) made.running.push(line);
    else if (on > date) made.later.push(line);
    else if (on < date) made.earlier.unshift(line);
    else if (isEnd(stage)) made.closed.push(line);
    else made.waiting.push(line);
  }
  return made;
}

/** Pages fetched at once; the rest comes when it is asked for. */
const PAGES = 5;

/** All lines, the latest first, as far as `PAGES` go. */
export async function lines(): Promise<{ lines: Line[]; more: boolean }> {
  const all: Line[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const query = after === undefined ? {} : { after };
    const { projects, next } = await data(api.GET("/api/v1/projects", { params: { query } }));
    all.push(...projects);
    if (!next) return { lines: all, more: false };
    after = next;
  }
  return { lines: all, more: true };
}

/** Whether a line answers a search by title or number. */
export function matches(line: Line, search: string): boolean {
  const words = search.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${line.title} ${line.number}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
