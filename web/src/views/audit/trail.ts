/**
 * The platform's own stream as a supervisor reads it (docs/spec/events.md): each event
 * is held against the tree before it is shown or kept (docs/spec/tree.md).
 */
import { api, data, type Schemas } from "@/api";
import { canonical } from "@/crypto/bid/canonical";
import { hex, utf8 } from "@/crypto/bid/encoding";
import { includes, leafHash } from "@/crypto/bid/tree";
import { saltedDigest } from "../supervisor/merkle";

export type AuditEvent = Schemas["AuditEvent"];
type AuditPage = Schemas["AuditPage"];

/** Kinds by what somebody looks for. */
export const GROUPS = {
  logins: ["sessions_noted"],
  roles: ["role_bound", "role_revoked", "authority_linked", "authority_unlinked"],
  settings: ["configured", "authorities_changed", "list_bridged", "clock_set"],
  running: ["started", "stopped", "health_noted"],
  exports: ["exported"],
  agents: ["agent_authorised", "agent_revoked"],
  desk: ["desk_called", "call_answered"],
  erasures: ["details_erased"],
} as const;
export type Group = keyof typeof GROUPS;

/** What is looked for, as it stands in the page's address. Days are Beijing's. */
export interface Sought {
  from: string;
  to: string;
  /** A group, or one kind. */
  kind: string;
  actor: string;
  project: string;
}

export const NOTHING: Sought = { from: "", to: "", kind: "", actor: "", project: "" };

interface Person {
  organisation?: string;
  name?: string;
  person?: string;
}

export interface Session extends Person {
  certificate: string;
  agent?: string;
  began: number;
  ended: number;
  first: number;
  last: number;
}

export interface Change {
  what: string;
  before?: string;
  after?: string;
}

interface Details {
  author?: Person & { certificate?: string; authority?: string };
  subject?: Person & { authority?: string };
  signed?: { body: string; signature?: { algorithm: string } };
  changed?: Change[];
  sessions?: Session[];
  note?: string;
}

/** An event, read. */
export interface Entry {
  event: AuditEvent;
  kind: string;
  by: string;
  what: Record<string, unknown>;
  details: Details;
  /** Whether it is in the tree of this size and root, as it says. */
  holds: boolean;
  size: number;
  root: string;
}

export interface Page {
  entries: Entry[];
  next: number | undefined;
  size: number;
  root: string;
}

/** How the route is asked for what is sought. */
export function queryOf(sought: Sought): Record<string, string | number> {
  const kinds = GROUPS[sought.kind as Group]?.join(",") ?? sought.kind;
  const from = midnight(sought.from, 0);
  const to = midnight(sought.to, 1);
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(kinds ? { kind: kinds } : {}),
    ...(sought.actor.trim() ? { actor: sought.actor.trim() } : {}),
    ...(sought.project ? { project: sought.project } : {}),
  };
}

/** When a day begins in Beijing, some days later. */
function midnight(day: string, days: number): number | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00+08:00`) : Number.NaN;
  return Number.isNaN(at) ? undefined : at + days * 86_400_000;
}

/** One page, the newest first before an event, or the oldest first after one. */
export async function fetchPage(sought: Sought, place: { before?: number | undefined; after?: number; limit?: number }): Promise<Page> {
  const where = place.after === undefined ? { before: place.before } : { after: place.after };
  const query = { ...queryOf(sought), ...(place.limit ? { limit: place.limit } : {}), ...where };
  const page = (await data(api.GET("/api/v1/platform/events", { params: { query } as never }))) as AuditPage;
  return {
    entries: page.events.map((event) => read(event, page.size, page.root)),
    next: page.next ?? undefined,
    size: page.size,
    root: page.root,
  };
}

/** Everything that is found, the oldest first; `told` hears how many there are so far. */
export async function fetchAll(sought: Sought, told: (count: number) => void): Promise<Entry[]> {
  const all: Entry[] = [];
  let after: number | undefined = 0;
  while (after !== undefined) {
    const page: Page = await fetchPage(sought, { after, limit: 200 });
    all.push(...page.entries);
    told(all.length);
    // A page that leads back would be asked for again and again.
    after = page.next !== undefined && page.next > after ? page.next : undefined;
  }
  return all;
}

export function read(event: AuditEvent, size: number, root: string): Entry {
  const facts = event.facts as unknown as { by: string; what: Record<string, unknown> };
  return {
    event,
    kind: String(facts.what["kind"]),
    by: facts.by,
    what: facts.what,
    details: (event.details ?? {}) as Details,
    holds: isProved(event, size, root),
    size,
    root,
  };
}

/** Whether an event is what its shell commits to, and its shell is in the tree. */
export function isProved(event: AuditEvent, size: number, root: string): boolean {
  const { seq, time, facts, facts_salt, details, details_salt, shell, path } = event;
  try {
    const told = JSON.parse(shell) as { details: string };
    const isShown = details !== undefined && details !== null;
    const committed = canonical({
      // What is not shown is taken from the shell: nothing can be said of it.
      details: isShown ? saltedDigest("details", details_salt ?? "", canonical(details)) : told.details,
      facts: saltedDigest("facts", facts_salt, canonical(facts)),
      seq,
      time,
    });
    if (committed !== shell || (!isShown && !event.hidden)) return false;
    return includes({ index: seq - 1, size, path }, leafOf(shell), root);
  } catch {
    return false;
  }
}

export function leafOf(shell: string): string {
  return hex(leafHash(utf8(shell)));
}

/** Whose act it was. */
export function whoOf({ details }: Entry): string {
  return nameOf(details.author);
}

/** Whose role or link it is. */
export function whoseOf({ details }: Entry): string {
  return nameOf(details.subject);
}

function nameOf(person: Person | undefined): string {
  return [person?.name, person?.person].filter(Boolean).join(" ");
}

/** One JSON a line: the event as it was served, with size and root of its tree. */
export function linesOf(entries: readonly Entry[]): string {
  return entries.map(({ event, size, root }) => `${JSON.stringify({ ...event, size, root })}\n`).join("");
}

const HEAD = ["seq", "time", "kind", "by", "who", "organisation", "subject", "project", "facts", "details", "shell"];

/** A table for spreadsheets, as `kaibiao audit` writes it. */
export function tableOf(entries: readonly Entry[], instant: (at: number) => string): string {
  const rows = entries.map((entry) => {
    const { event, details, what } = entry;
    return [
      String(event.seq),
      instant(event.time),
      entry.kind,
      entry.by,
      whoOf(entry),
      details.author?.organisation ?? "",
      [whoseOf(entry), details.subject?.organisation].filter(Boolean).join(" "),
      typeof what["project"] === "string" ? what["project"] : "",
      JSON.stringify(what),
      event.hidden ? JSON.stringify({ hidden: event.hidden }) : JSON.stringify(event.details),
      event.shell,
    ].map(cell);
  });
  // The mark by which spreadsheets know UTF-8.
  return `\uFEFF${[HEAD, ...rows].map((row) => `${row.join(",")}\r\n`).join("")}`;
}

/** A cell as RFC 4180 writes it; one that a spreadsheet would compute gets an apostrophe before it. */
function cell(text: string): string {
  const mark = /^[\s]*[=+\-@＝＋－＠]/.test(text) ? "'" : "";
  return `"${mark}${text.replaceAll('"', '""')}"`;
}
