/** The list of openings, put in the order of a day's work. */
import { api, data, type Schemas } from "@/api";
import type { paths } from "@/api/schema";
import { day } from "@/ui/format";
import { isEnd, isRunning, type Stage } from "@/ui/stages";

export type Line = Schemas["ProjectLine"];

interface Groups {
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

/** Pages fetched at once: enough for any day, and for what a person reads of other days. */
const PAGES = 10;
const FEW = 1;

type Query = NonNullable<paths["/api/v1/projects"]["get"]["parameters"]["query"]>;

async function pages(query: Query, limit: number): Promise<Line[]> {
  const all: Line[] = [];
  let after: string | undefined;
  for (let page = 0; page < limit; page += 1) {
    const { projects, next } = await data(api.GET("/api/v1/projects", { params: { query: { ...query, after } } }));
    all.push(...projects);
    if (!next) break;
    after = next;
  }
  return all;
}

/** Midnight in Beijing, where there is no summer time. */
export function midnight(date: string): number {
  return Date.parse(`${date}T00:00:00+08:00`);
}

/** Lines, and where there are more of them: of a search, or of earlier days. */
export interface Found {
  lines: Line[];
  more?: Query;
}

/** One page of a query, and the query for the next one. */
export async function page(query: Query): Promise<Found> {
  const { projects, next } = await data(api.GET("/api/v1/projects", { params: { query } }));
  return { lines: projects, more: next ? { ...query, after: next } : undefined };
}

/**
 * What is to be shown for a day: its openings, whatever runs, and some of the days around it. Or what a search finds: by title, number
 * and names, of that day alone where `ofDay` is set.
 */
export async function lines(date: string, search: string, ofDay = false): Promise<Found> {
  const wanted = search.trim();
  const from = midnight(date);
  const to = from + 86_400_000;
  if (wanted) return page(ofDay ? { search: wanted, from, to } : { search: wanted });
  const [earlier, ...found] = await Promise.all([
    page({ stage: "ended", to: from }),
    pages({ from, to }, PAGES),
    pages({ stage: "open" }, PAGES),
    pages({ stage: "waiting", from: to }, FEW),
  ]);
  return { lines: once([...found.flat(), ...earlier.lines]), more: earlier.more };
}

/** Each line once. */
export function once(lines: readonly Line[]): Line[] {
  return [...new Map(lines.map((line) => [line.id, line])).values()];
}

/** The lots of a line of which there is a record for everybody: those that went past T0 and have ended. */
export function recorded(line: Line): string[] {
  const has = ([, stage]: [string, string]) => isEnd(stage as Stage) && stage !== "cancelled";
  return Object.entries(line.stages ?? {})
    .filter(has)
    .map(([lot]) => lot);
}

/** What somebody has a part in. */
export function ownLines(): Promise<Line[]> {
  return pages({ mine: true }, FEW * 2);
}

export interface Task {
  to: string;
  /** Key below i18n `public.openings.tasks`. */
  text: "attend" | "hall" | "console" | "manage" | "custody" | "supervise";
  line: Line;
}

/** What somebody with these roles has to do, the most pressing first. */
export function tasks(own: readonly Line[], roles: readonly string[]): Task[] {
  const made: Task[] = [];
  for (const line of own) {
    const stage = line.stage as Stage;
    const running = isRunning(stage);
    if (isEnd(stage)) continue;
    const at = (path: string, text: Task["text"]) => made.push({ to: path, text, line });
    if (roles.includes("bidder") && line.own?.length) at(`/projects/${line.id}/hall`, running ? "hall" : "attend");
    if (roles.includes("host")) at(running ? `/host/${line.id}/console` : `/host/${line.id}`, running ? "console" : "manage");
    if (roles.includes("supervisor") && running) at(`/supervisor/${line.id}`, "supervise");
    const due = line.duties?.some(
      (duty) => (!duty.certified && stage === "preparing") || (duty.stage === "releasing" && !duty.released && !duty.agent),
    );
    if (due || line.invited) at(`/custodian/${line.id}`, "custody");
  }
  const pressing = (task: Task) => (isRunning(task.line.stage as Stage) ? 0 : 1);
  return made.sort((a, b) => pressing(a) - pressing(b) || (a.line.deadline ?? 0) - (b.line.deadline ?? 0));
}
