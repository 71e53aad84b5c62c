/** The desk's queue: who waits, for how long, and what was answered. */
import type { Schemas } from "@/api";

export type HelpLine = Schemas["HelpLine"];

interface Queue {
  /** The longest waiting first. */
  waiting: HelpLine[];
  /** The last answered first. */
  answered: HelpLine[];
}

export function queueOf(helps: readonly HelpLine[], words = ""): Queue {
  const sought = words.trim().toLowerCase();
  const texts = (line: HelpLine) => [line.title, line.number, line.help.by, line.help.text, line.help.answer ?? ""];
  const found = sought ? helps.filter((line) => texts(line).some((text) => text.toLowerCase().includes(sought))) : [...helps];
  const isAnswered = (line: HelpLine) => line.help.answer !== undefined && line.help.answer !== null;
  return {
    waiting: found.filter((line) => !isAnswered(line)).sort((a, b) => a.help.time - b.help.time),
    answered: found.filter(isAnswered).sort((a, b) => (b.help.answered ?? b.help.time) - (a.help.answered ?? a.help.time)),
  };
}

/** What tells one request from another. Before T0 it has no number. */
export function keyOf(line: HelpLine): string {
  return `${line.project}/${line.lot}/${line.help.event ?? `${line.help.by}/${line.help.time}`}`;
}

/** Requests that were not there before. */
export function freshOf(known: ReadonlySet<string>, waiting: readonly HelpLine[]): HelpLine[] {
  return waiting.filter((line) => !known.has(keyOf(line)));
}

/** A diagnosis as people read it: lines of what and how, whether it came as JSON or as text. */
export function linesOf(diagnosis: string): { name: string; value: string }[] {
  try {
    const parsed: unknown = JSON.parse(diagnosis);
    if (typeof parsed === "object" && parsed !== null) return flat(parsed);
  } catch {
    // Not JSON: it is text.
  }
  return diagnosis
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const parts = /^([^:：\d][^:：]{0,30})[:：]\s*(.+)$/.exec(line);
      return parts ? { name: parts[1] ?? "", value: parts[2] ?? "" } : { name: "", value: line };
    });
}

function flat(value: object, under = ""): { name: string; value: string }[] {
  return Object.entries(value).flatMap(([name, it]) => {
    const path = under ? `${under}.${name}` : name;
    return typeof it === "object" && it !== null ? flat(it as object, path) : [{ name: path, value: String(it) }];
  });
}
