/** The acts of host and centre, and which of them the server calls lawful in a lot now. */
import { type Why, whyNot } from "@/ui/lawful";
import type { LotView, Stage, View } from "./types";

export type { Why } from "@/ui/lawful";

/** The acts of host and centre, as docs/spec/acts.md calls them. */
export const ACTS = [
  "edit",
  "publish",
  "clarify",
  "amend",
  "postpone",
  "cancel",
  "hand-over",
  "take-over",
  "mark-deposit",
  "refuse-bid",
  "publish-list",
  "allow-sign-in",
  "start-window",
  "extend",
  "suspend",
  "resume",
  "announce",
  "lift-mask",
  "open-objections",
  "reply",
  "close-objections",
  "sign-record",
  "correct-record",
  "close",
  "message",
  "answer",
  "answer-help",
  "remark-line",
  "mark-absence",
  "private-message",
  "mute",
  "unmute",
  "reveal-reference",
] as const;
export type HostAct = (typeof ACTS)[number];

export type Lawful = Record<HostAct, Why | undefined>;

/** In which role a person looks at a project; nothing for those who are neither host nor centre. */
export function roleOf(view: View): "host" | "centre" | undefined {
  return view.seat === "host" || view.seat === "centre" ? view.seat : undefined;
}

/** For each act why it cannot be done in this lot now; nothing where it can. */
export function lawful(view: View, lot: string): Lawful {
  const verdicts = {} as Lawful;
  for (const act of ACTS) {
    const why = whyNot(view.lots[lot], act);
    verdicts[act] = why?.code === "not-operator" ? { ...why, params: { operator: view.operator ?? "" } } : why;
  }
  return verdicts;
}

/** A lot's course as the host walks it: the act that each stage waits for. */
const NEXT: Partial<Record<Stage, HostAct>> = {
  preparing: "publish",
  checking: "publish-list",
  opened: "announce",
  announced: "open-objections",
  objections: "close-objections",
  signing: "sign-record",
};

/** The one act that carries a lot on, or nothing where the host has to wait. */
export function nextAct(lot: LotView | undefined): HostAct | undefined {
  if (!lot) return undefined;
  if (lot.suspended) return "resume";
  if (lot.stage === "checking" && lot.listed) return "start-window";
  if (lot.stage === "signing" && lot.records?.at(-1)?.signed) return "close";
  return NEXT[lot.stage];
}
