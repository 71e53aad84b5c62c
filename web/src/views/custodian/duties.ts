/** What a custodian has to do, and what comes first. */
import type { Schemas } from "@/api";
import { isEnd } from "@/ui/stages";

export type Duty = Schemas["DutyView"];
export type Line = Schemas["ProjectLine"];
type Suite = Schemas["Suite"];

const PHASES = ["releaseNow", "keyMissing", "waiting", "certified", "released", "over"] as const;
type Phase = (typeof PHASES)[number];

const BEFORE_RELEASE = new Set(["bidding", "checking", "unlocking"]);

export function phaseOf(duty: Duty): Phase {
  if (duty.stage === "releasing") return duty.released ? "released" : "releaseNow";
  if (isEnd(duty.stage)) return "over";
  if (duty.stage === "preparing") return duty.certified ? "certified" : "keyMissing";
  if (BEFORE_RELEASE.has(duty.stage)) return duty.key ? "waiting" : "keyMissing";
  return duty.released ? "released" : "over";
}

/** The most urgent of a project's duties. */
export function urgency(line: Line): Phase {
  if (line.invited) return "keyMissing";
  const phases = (line.duties ?? []).map(phaseOf);
  return PHASES.find((phase) => phases.includes(phase)) ?? "over";
}

/** Projects with duties, the most urgent first, then by T0. */
export function sorted(lines: readonly Line[]): Line[] {
  const rank = (line: Line) => PHASES.indexOf(urgency(line));
  return lines
    .filter((line) => line.invited || (line.duties ?? []).length > 0)
    .sort((a, b) => rank(a) - rank(b) || (a.deadline ?? Infinity) - (b.deadline ?? Infinity));
}

/** Of what suite a project's key is to be; of an invited custodian's, which has no duty yet, the list does not tell. */
export function suiteOf({ duties }: Line): Suite | undefined {
  const [duty] = duties ?? [];
  return duty && (duty.suite ?? "intl");
}

/** One key serves all lots of a project: it is missing while any lot lacks it. */
export function lacksKey(duties: readonly Duty[]): boolean {
  return duties.some((duty) => phaseOf(duty) === "keyMissing");
}
