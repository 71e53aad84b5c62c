/** What centre and supervisor count of their openings: shares, means and addresses made of what the platform tells. */
import type { Schemas } from "@/api";

export type Told = Schemas["FiguresTold"];
export type Unlocking = Schemas["Unlocking"];

/** How a lot ends that was opened, or was to be. */
export const ENDS = ["closed", "failed_few_bids", "failed_after_unlock", "terminated"] as const;

/** The present month in Beijing, `2026-11`. */
export function monthOf(ms: number): string {
  return new Date(ms + 8 * 3_600_000).toISOString().slice(0, 7);
}

/** A month so many before another. */
export function monthsBefore(month: string, count: number): string {
  const number = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 - count;
  return `${String(Math.floor(number / 12)).padStart(4, "0")}-${String((number % 12) + 1).padStart(2, "0")}`;
}

export function isMonth(text: string): boolean {
  return /^\d{4}-(0[1-9]|1[0-2])$/.test(text);
}

export function lotsOf(told: Told): number {
  return Object.values(told.lots).reduce((sum, count) => sum + count, 0);
}

/** How many of a hundred; none where there is nothing to divide. */
export function share(part: number, of: number): number | undefined {
  return of > 0 ? (100 * part) / of : undefined;
}

/** Bids that were unlocked in one way or another. */
export function opened(unlocking: Unlocking): number {
  return unlocking.unlocked + unlocking.rescued;
}

/** The mean of how many gave 1 to 5. */
export function mean(scores: readonly number[]): number | undefined {
  const count = scores.reduce((sum, it) => sum + it, 0);
  return count > 0 ? scores.reduce((sum, it, index) => sum + it * (index + 1), 0) / count : undefined;
}

/** The largest first; equal ones by name. */
export function ranked(counts: Record<string, number>): [string, number][] {
  return Object.entries(counts).sort(([a, x], [b, y]) => y - x || a.localeCompare(b));
}

export function outagesOf(told: Told): { count: number; seconds: number } {
  const all = Object.values(told.outages);
  return {
    count: all.reduce((sum, it) => sum + it.count, 0),
    seconds: Math.round(all.reduce((sum, it) => sum + it.milliseconds, 0) / 1000),
  };
}

export type Table = "months" | "authorities";

/** Where a table lies as a file for spreadsheets. */
export function csvAddress(from: string, to: string, table: Table, speak: string): string {
  const query = new URLSearchParams({ from, to, table, lang: speak === "en" ? "en" : "zh" });
  return `/api/v1/figures/csv?${query}`;
}
