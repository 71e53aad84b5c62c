/**
 * The opening as a picture: each lot's stages as spans, suspensions and
 * outages over them, and a scale of time in which long silences are short.
 */
import type { Told, What } from "./events";
import { isEnd } from "@/ui/stages";

export interface Span {
  stage: string;
  from: number;
  /** Not yet over where it is missing. */
  to?: number;
}

export interface Course {
  lot: string;
  stages: Span[];
  suspensions: Span[];
}

const BEGINS: Record<string, string> = {
  published: "bidding",
  deadline_reached: "checking",
  window_started: "unlocking",
  accepted_fixed: "releasing",
  opened: "opened",
  opening_closed: "opened",
  announced: "announced",
  objections_opened: "objections",
  objections_closed: "signing",
  closed: "closed",
  cancelled: "cancelled",
  terminated: "terminated",
};

/** The stages of each lot, in the order of their events. */
export function coursesOf(events: readonly Told[]): Course[] {
  const courses = new Map<string, Course>();
  for (const told of events) {
    const lots = told.kind === "published" ? publishedLots(told.what) : told.lots;
    for (const lot of lots) {
      let course = courses.get(lot);
      if (!course) courses.set(lot, (course = { lot, stages: [], suspensions: [] }));
      follow(course, told);
    }
  }
  return [...courses.values()]
    .filter((course) => course.stages.length > 0)
    .sort((a, b) => a.lot.localeCompare(b.lot, undefined, { numeric: true }));
}

function publishedLots(what: What): string[] {
  return (what.lots ?? []).map((it) => (typeof it === "string" ? it : it.lot));
}

function follow(course: Course, told: Told): void {
  const now = course.stages.at(-1);
  if (now && isEnd(now.stage)) return;
  if (told.kind === "suspended") course.suspensions.push({ stage: "suspended", from: told.time });
  const suspension = course.suspensions.at(-1);
  const next = told.kind === "lot_failed" ? failure(told.what) : BEGINS[told.kind];
  if (suspension && suspension.to === undefined && (told.kind === "resumed" || next)) suspension.to = told.time;
  if (!next || now?.stage === next) return;
  if (now) now.to = told.time;
  course.stages.push({ stage: next, from: told.time });
}

function failure(what: What): string {
  return what["failure"] === "few_opened" ? "failed_after_unlock" : "failed_few_bids";
}

/** Times the service was away. */
export function outagesOf(events: readonly Told[]): Span[] {
  return events
    .filter((told) => told.kind === "outage_noted")
    .map(({ what }) => ({ stage: "outage", from: Number(what["from"]), to: Number(what["to"]) }));
}

/** A scale of time on which a silence longer than `longest` ms takes no more room than that. */
interface Scale {
  /** Where an instant lies, 0 to 1. */
  at(time: number): number;
  /** The instant that lies there. */
  time(at: number): number;
  /** Silences that were shortened. */
  breaks: { at: number; from: number; to: number }[];
}

export function scaleOf(times: readonly number[], from: number, to: number): Scale {
  const marks = [...new Set([from, ...times.filter((time) => time > from && time < to), to])].sort((a, b) => a - b);
  const gaps = marks.slice(1).map((time, i) => time - (marks[i] ?? time));
  const longest = longestShown(gaps);
  const knots: { time: number; at: number }[] = [{ time: from, at: 0 }];
  const shortened: { at: number; from: number; to: number }[] = [];
  let length = 0;
  for (const [i, gap] of gaps.entries()) {
    const shown = Math.min(gap, longest);
    const begin = marks[i] ?? from;
    if (gap > longest) shortened.push({ at: length + shown / 2, from: begin, to: begin + gap });
    length += shown;
    knots.push({ time: begin + gap, at: length });
  }
  const whole = length || 1;
  return {
    at: (time) => between(knots, "time", "at", time) / whole,
    time: (at) => between(knots, "at", "time", at * whole),
    breaks: shortened.map((it) => ({ ...it, at: it.at / whole })),
  };
}

/** Silences are shortened to a twelfth of what is not silence, and never below a minute. */
function longestShown(gaps: readonly number[]): number {
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  let limit = Math.max(60_000, total / 12);
  for (let round = 0; round < 4; round += 1) {
    const shown = gaps.reduce((sum, gap) => sum + Math.min(gap, limit), 0);
    limit = Math.max(60_000, shown / 12);
  }
  return limit;
}

type Knot = { time: number; at: number };

function between(knots: readonly Knot[], from: keyof Knot, to: keyof Knot, value: number): number {
  const first = knots[0];
  const last = knots.at(-1);
  if (!first || !last) return 0;
  if (value <= first[from]) return first[to];
  if (value >= last[from]) return last[to];
  let low = 0;
  let high = knots.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((knots[middle] as Knot)[from] <= value) low = middle;
    else high = middle;
  }
  const a = knots[low] as Knot;
  const b = knots[high] as Knot;
  return a[to] + ((b[to] - a[to]) * (value - a[from])) / (b[from] - a[from]);
}
