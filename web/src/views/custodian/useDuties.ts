/** The caller's projects as a custodian, all pages of them. */
import { api, data, type Schemas } from "@/api";

type Line = Schemas["ProjectLine"];

/** No custodian has more pages than this to look through. */
const PAGES = 20;

export async function ownLines(): Promise<Line[]> {
  const lines: Line[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const query = { mine: true, ...(after ? { after } : {}) };
    const list = await data(api.GET("/api/v1/projects", { params: { query } }));
    lines.push(...list.projects);
    after = list.next ?? undefined;
    if (!after) break;
  }
  return lines;
}
