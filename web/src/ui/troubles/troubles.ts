/** What is wrong with the platform itself, as far as this person is told, the worst first. */
import type { Schemas } from "@/api";
import { dateTime } from "@/ui/format";

type Ready = Schemas["ReadyView"];
export type Sign = Schemas["HealthSign"];

export const CODES = [
  "secrets",
  "signing",
  "ciphertexts",
  "store",
  "space",
  "logPast",
  "log",
  "databaseErrors",
  "blobErrors",
  "unready",
  "streams",
  "stuck",
  "listMissing",
  "listEnded",
  "authorityUnusable",
  "authorityNone",
  "listEnding",
  "timestamps",
  "nodes",
] as const;
export type Code = (typeof CODES)[number];

export interface Trouble {
  code: Code;
  /** Nothing is wrong yet. */
  soon?: true;
  params: Record<string, string | number>;
}

/** Signs of the last minutes are of now: the platform notes a lasting fault about once a minute. */
export const RECENT = 5 * 60_000;

const SIGNS: Partial<Record<string, Code>> = { database_errors: "databaseErrors", blob_errors: "blobErrors" };

/** Doubts about the clock are told to everybody, elsewhere on the screen. */
export function troublesOf(ready: Ready, signs: readonly Sign[], now: number): Trouble[] {
  const failed = (check: string) => ready.checks[check] === false;
  const found: Trouble[] = [];
  for (const code of ["secrets", "signing", "ciphertexts", "store", "space", "streams"] as const)
    if (failed(code)) found.push({ code, params: {} });
  // What was signed and is gone is why the log stands still, where both fail.
  if (failed("log_past")) found.push({ code: "logPast", params: {} });
  else if (failed("log")) found.push({ code: "log", params: {} });
  for (const code of ["timestamps", "nodes"] as const) if (failed(code)) found.push({ code, soon: true, params: {} });
  found.push(...signsOf(signs, now));
  // Who is not told the single checks is told that much.
  if (!ready.ready && Object.keys(ready.checks).length === 0) found.push({ code: "unready", params: {} });
  const stuck = new Set((ready.troubled ?? []).map((it) => it.number ?? it.project));
  if (stuck.size > 0) found.push({ code: "stuck", params: { projects: [...stuck].join(", ") } });
  const authorities = Object.entries(ready.authorities ?? {});
  found.push(...authorities.flatMap(([ca, it]) => troubleOf(ca, it) ?? []));
  if (failed("trust") && authorities.length === 0) found.push({ code: "authorityNone", params: {} });
  return found.sort((a, b) => CODES.indexOf(a.code) - CODES.indexOf(b.code));
}

function troubleOf(ca: string, { usable, lists, until }: Schemas["AuthorityView"]): Trouble | undefined {
  const params = { ca, time: until ? dateTime(until, "minute") : "" };
  if (!usable) return { code: "authorityUnusable", params };
  if (lists === "missing") return { code: "listMissing", params };
  if (lists === "ended") return { code: "listEnded", params };
  return lists === "ending" ? { code: "listEnding", soon: true, params } : undefined;
}

/** Each kind once, by what was measured last. */
function signsOf(signs: readonly Sign[], now: number): Trouble[] {
  const last = new Map<Code, Trouble>();
  for (const { time, kind, body } of signs) {
    const { sign, measured } = body as { sign?: string; measured?: number };
    const code = SIGNS[sign ?? ""];
    if (kind === "health_noted" && code && now - time < RECENT) last.set(code, { code, params: { n: measured ?? 0 } });
  }
  return [...last.values()];
}

/** What somebody with these roles is told: all of it, what a probe is told, or nothing. */
export function watched(roles: readonly string[]): "all" | "probe" | undefined {
  if (roles.some((role) => role === "centre" || role === "administrator" || role === "supervisor")) return "all";
  return roles.includes("host") ? "probe" : undefined;
}

/** Whom these roles are told to call, where they do not run the platform: nobody is told to call itself. */
export function whomToCall(roles: readonly string[]): string {
  return roles.includes("supervisor") ? "troubles.callCentre" : "troubles.call";
}

/** Whether these roles run the platform: they are told what to mend, others whom to call. */
export function runsIt(roles: readonly string[]): boolean {
  return roles.includes("centre") || roles.includes("administrator");
}
