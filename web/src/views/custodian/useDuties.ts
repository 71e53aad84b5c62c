/** The caller's projects as a custodian, all pages of them. */
import { api, data, type Schemas } from "@/api";
import { moveIn } from "./kept";

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
  const own = lines.filter((line) => line.invited || (line.duties ?? []).length > 0);
  await moveIn(own.map(({ id }) => id)).catch(() => undefined);
  return lines;
}
