/** The stages of a lot in their order, and which of them are ends. */
import type { Schemas } from "@/api";

export type Stage = Schemas["Stage"];

/** The course of an opening that goes well. */
const COURSE: readonly Stage[] = [
  "bidding",
  "checking",
  "unlocking",
  "releasing",
  "opened",
  "announced",
  "objections",
  "signing",
  "closed",
];

const ENDS: readonly string[] = ["closed", "cancelled", "failed_few_bids", "failed_after_unlock", "terminated"] satisfies readonly Stage[];

/** Whether nothing more will happen in a lot. A stage that this page does not know is none. */
export function isEnd(stage: string): boolean {
  return ENDS.includes(stage);
}

/** Whether a lot is between T0 and its end. */
export function isRunning(stage: Stage): boolean {
  return !isEnd(stage) && stage !== "preparing" && stage !== "bidding";
}

/** Whether the time for unlocking is over: whoever still waits has missed it. */
export function isWindowOver(stage: Stage): boolean {
  return !["preparing", "bidding", "checking", "unlocking"].includes(stage);
}

/** Whether the sheets have been read out. */
export function isAnnounced(stage: Stage): boolean {
  return stage === "announced" || stage === "objections" || stage === "signing" || stage === "closed";
}

export type Mark = "done" | "now" | "ahead" | "failed" | "never";

/** Each step's state. A lot that ended before its time stands at the step it came to. */
export function steps({ stage, reached }: { stage: Stage; reached: Stage }): { stage: Stage; mark: Mark }[] {
  if (stage === "closed") return COURSE.map((it) => ({ stage: it, mark: "done" }));
  const ended = isEnd(stage);
  const at = COURSE.indexOf(reached);
  const ahead = ended ? "never" : "ahead";
  return COURSE.map((it, index) => ({ stage: it, mark: index < at ? "done" : index > at || at < 0 ? ahead : ended ? "failed" : "now" }));
}
