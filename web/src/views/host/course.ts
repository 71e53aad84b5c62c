/**
 * What the feed tells of a lot's course beyond the view: whether its list is
 * published, how far its window was lengthened, what the custodians released.
 */
import type { FeedItem } from "./types";

export interface Course {
  /** The list of bids to be unlocked is published. */
  listed: boolean;
  /** Seconds by which the window has been lengthened. */
  extended: number;
  /** When the window began. */
  windowFrom?: number;
  /** Custodians by their x: how many of their shares matched, and did not. */
  released: Map<number, { good: number; wrong: number; time: number }>;
  /** Bidders to whom signing in late was allowed. */
  leave: Set<string>;
  /** The record whose correction is under way. */
  correcting?: string;
  /** Reasons given with refused bids, by party. */
  refusals: Map<string, string>;
  /** The reason of the suspension in force. */
  suspension?: string;
}

/** The course of every lot that the feed speaks of. */
export function courses(log: readonly FeedItem[]): Map<string, Course> {
  const all = new Map<string, Course>();
  for (const item of log) {
    for (const lot of lotsOf(item)) {
      let course = all.get(lot);
      if (!course) all.set(lot, (course = newCourse()));
      follow(course, item);
    }
  }
  return all;
}

export function newCourse(): Course {
  return { listed: false, extended: 0, released: new Map(), leave: new Set(), refusals: new Map() };
}

function follow(course: Course, { kind, time, body }: FeedItem): void {
  switch (kind) {
    case "list_published":
      course.listed = true;
      break;
    case "window_started":
      course.windowFrom = time;
      break;
    case "window_extended":
      course.extended += body.seconds ?? 0;
      break;
    case "released":
      if (body.x !== undefined) {
        const { good, wrong } = body as { good?: number; wrong?: number };
        course.released.set(body.x, { good: good ?? 0, wrong: wrong ?? 0, time });
      }
      break;
    case "sign_in_allowed":
      if (body.party) course.leave.add(body.party);
      break;
    case "bid_refused":
      if (body.party) course.refusals.set(body.party, body.text ?? "");
      break;
    case "suspended":
      course.suspension = body.text;
      break;
    case "resumed":
      delete course.suspension;
      break;
    case "correction_asked":
      course.correcting = body.record;
      break;
    case "record_made":
      delete course.correcting;
      break;
  }
}

function lotsOf({ body }: FeedItem): string[] {
  if (body.lot) return [body.lot];
  return Array.isArray(body.lots) ? body.lots : [];
}
