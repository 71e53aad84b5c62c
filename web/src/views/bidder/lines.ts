/** The projects that a bidder's page lists. */
import { api, data, type Schemas } from "@/api";
import type { KeptBid } from "@/bids";

export type Line = Schemas["ProjectLine"];

const ENDS = new Set(["closed", "cancelled", "failed_few_bids", "failed_after_unlock", "terminated"]);
/** No page shows more than this of what is not one's own. */
const PAGES = 10;

/** Everything the caller may see, the latest first. */
export async function allLines(): Promise<Line[]> {
  const lines: Line[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const got = await data(api.GET("/api/v1/projects", { params: { query: after ? { after } : {} } }));
    lines.push(...got.projects);
    after = got.next;
    if (!after) break;
  }
  return lines;
}

/** Those in which the caller takes part. */
export async function ownProjects(): Promise<Line[]> {
  const own: Line[] = [];
  for (const line of await allLines()) {
    const told = await data(api.GET("/api/v1/projects/{project}/bids", { params: { path: { project: line.id } } })).catch(() => null);
    if (told && (told.bids.length || told.links?.length)) own.push(line);
  }
  return own;
}

export interface Listed {
  mine: Line[];
  open: Line[];
  ended: Line[];
}

/** Own projects under way, others open for bids, own ended ones. */
export function listed(lines: readonly Line[], own: ReadonlySet<string>, search: string): Listed {
  const wanted = search.trim().toLowerCase();
  const fits = (line: Line) => !wanted || `${line.title} ${line.number}`.toLowerCase().includes(wanted);
  const shown = lines.filter(fits);
  const soonest = (a: Line, b: Line) => (a.deadline ?? Infinity) - (b.deadline ?? Infinity);
  return {
    mine: shown.filter((it) => own.has(it.id) && !ENDS.has(it.stage)).sort(soonest),
    open: shown.filter((it) => !own.has(it.id) && it.stage === "bidding").sort(soonest),
    ended: shown.filter((it) => own.has(it.id) && ENDS.has(it.stage)),
  };
}

/** Projects of which this device keeps a bid of this bidder. */
export function keptProjects(bids: readonly KeptBid[], code: string | undefined): string[] {
  return bids.filter((it) => it.bidder.code === code).map((it) => it.project);
}
