/** The projects that a bidder's page lists. */
import { api, data, type Schemas } from "@/api";
import type { KeptBid } from "@/bids";
import { isEnd } from "@/ui/stages";

export type Line = Schemas["ProjectLine"];

/** No page shows more than this of what is not one's own. */
const PAGES = 10;

/** What waits for its T0, the latest first. */
export const openLines = (): Promise<Line[]> => pages({ stage: "waiting" });

/** Those in which the caller's organisation takes part. */
export const ownLines = (): Promise<Line[]> => pages({ mine: true });

async function pages(wanted: { stage?: string; mine?: boolean }): Promise<Line[]> {
  const lines: Line[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const got = await data(api.GET("/api/v1/projects", { params: { query: { ...wanted, ...(after ? { after } : {}) } } }));
    lines.push(...got.projects);
    after = got.next;
    if (!after) break;
  }
  return lines;
}

interface Listed {
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
    mine: shown.filter((it) => own.has(it.id) && !isEnd(it.stage)).sort(soonest),
    open: shown.filter((it) => !own.has(it.id) && it.stage === "bidding").sort(soonest),
    ended: shown.filter((it) => own.has(it.id) && isEnd(it.stage)),
  };
}

/** Why the list of projects under way is empty: i18n `bidder.projects.<code>`. */
export function whyNone(lines: readonly Line[], own: ReadonlySet<string>, search: string): "noneFound" | "allEnded" | "noneMine" {
  const mine = lines.filter((it) => own.has(it.id));
  if (mine.some((it) => !isEnd(it.stage)) && search.trim()) return "noneFound";
  return mine.length ? "allEnded" : "noneMine";
}

/** Projects of which this device keeps a bid of this bidder. */
export function keptProjects(bids: readonly KeptBid[], code: string | undefined): string[] {
  return bids.filter((it) => it.bidder === code).map((it) => it.project);
}
