/** What a project waits for its host to do next. */
import { isEnd, nextAct } from "./lawful";
import { courses } from "./course";
import { draftOf, type View } from "./types";

export interface Todo {
  /** A key of the i18n area `host.projects.todo`. */
  code: string;
  params?: Record<string, number>;
  /** Where it is done. */
  to: "edit-project" | "manage" | "console" | "project";
  urgent?: boolean;
}

/** From so long before T0 on the console is where the host should be. */
const SOON = 3_600_000;

export function todo(view: View, now: number): Todo {
  const lots = Object.entries(view.lots);
  if (!view.published) return preparing(view);
  if (lots.every(([, lot]) => isEnd(lot.stage))) return { code: "ended", to: "project" };
  if (!view.closed_for_bids) {
    return view.t0 - now < SOON ? { code: "soon", to: "console", urgent: true } : { code: "wait", to: "manage" };
  }
  const none = courses([]);
  for (const [id, lot] of lots) {
    if (isEnd(lot.stage)) continue;
    const listed = (lot as { listed?: boolean }).listed ?? false;
    const course = none.get(id) ?? { listed, extended: 0, released: new Map(), leave: new Set<string>(), refusals: new Map() };
    const act = nextAct(view, id, course);
    if (act) return { code: act, to: "console", urgent: true };
    if (lot.stage === "unlocking" || lot.stage === "releasing") return { code: lot.stage, to: "console" };
  }
  return { code: "wait", to: "console" };
}

function preparing(view: View): Todo {
  const draft = draftOf(view);
  if (!draft) return { code: "check", to: "manage" };
  const missing = missingKeys(view).length;
  return missing > 0 ? { code: "keys", params: { count: missing }, to: "manage" } : { code: "publish", to: "manage", urgent: true };
}

/** Custodians of any lot whose key is not certified, each once. */
export function missingKeys(view: View): { name: string; organisation: { code: string; issuer: string } }[] {
  const certified = new Set((view.keys ?? []).map((named) => named.organisation.code));
  const seen = new Map<string, { name: string; organisation: { code: string; issuer: string } }>();
  for (const lot of Object.values(draftOf(view)?.lots ?? {})) {
    for (const named of lot.custodians) if (!certified.has(named.organisation.code)) seen.set(named.organisation.code, named);
  }
  return [...seen.values()];
}
