/** What a project waits for its host to do next. */
import { isEnd } from "@/ui/stages";
import { nextAct } from "./lawful";
import type { Named, View } from "./types";

interface Todo {
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
  for (const [, lot] of lots) {
    if (isEnd(lot.stage)) continue;
    const act = nextAct(lot);
    if (act) return { code: act, to: "console", urgent: true };
    if (lot.stage === "unlocking" || lot.stage === "releasing") return { code: lot.stage, to: "console" };
  }
  return { code: "wait", to: "console" };
}

function preparing(view: View): Todo {
  const missing = missingKeys(view).length;
  return missing > 0 ? { code: "keys", params: { count: missing }, to: "manage" } : { code: "publish", to: "manage", urgent: true };
}

/** Custodians of any lot whose key is not certified, each once. */
export function missingKeys(view: View): Named[] {
  const certified = new Set((view.keys ?? []).map((named) => named.organisation));
  return custodiansOf(view).filter((named) => !certified.has(named.organisation));
}

/** The custodians of all lots, each once. */
export function custodiansOf(view: View): Named[] {
  const all = Object.values(view.lots).flatMap((lot) => lot.custodians);
  return [...new Map(all.map(({ name, organisation }) => [organisation, { name, organisation }])).values()];
}
