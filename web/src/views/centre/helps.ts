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
