/**
 * What the feed tells of a lot's course beyond the view: reasons given, leave to
 * sign in late.
 */
import type { AnyBody } from "@/room";
import type { FeedItem } from "./types";

export interface Course {
  /** Bidders to whom signing in late was allowed. */
  leave: Set<string>;
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
  return { leave: new Set(), refusals: new Map() };
}

function follow(course: Course, { kind, body }: FeedItem): void {
  switch (kind) {
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
  }
}

function lotsOf(item: FeedItem): string[] {
  const body: AnyBody = item.body;
  if (body.lot) return [body.lot];
  return Array.isArray(body.lots) ? body.lots : [];
}
