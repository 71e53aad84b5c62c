/** What a chapter of the manual is made of, and where it is kept. */
import type { Language } from "@/i18n";
import type { Chapter as Role } from "@/ui/manual";
import type { CODES } from "@/ui/troubles/troubles";
import type { Shown } from "./pictures";

/**
 * Text may name a text of the page, as `[[hall.unlock.go]]` names a button, so
 * that what is renamed on the screen is renamed here; and link to an address
 * of the page, as `[环境检测](/check)` does, or to a section, `[…](#unlock)`.
 */
export type Text = string;

export type Part =
  | Text
  | { steps: Text[] }
  | { list: Text[] }
  /** A word or a symptom, and what it means or what to do. */
  | { pairs: [Text, Text][] }
  | { picture: Shown; shows: string }
  /** What the platform says of itself when something is wrong with it. */
  | { troubles: readonly (typeof CODES)[number][] };

export interface Section {
  id: string;
  title: string;
  parts: Part[];
}

export interface Chapter {
  lead: Text;
  sections: Section[];
}

const FILES = import.meta.glob<{ default: Chapter }>(["./zh-CN/*.ts", "./en/*.ts"]);

/** A chapter in a language: a file of its own, fetched when it is read. */
export async function chapter(role: Role, language: Language): Promise<Chapter> {
  const load = FILES[`./${language}/${role}.ts`];
  if (!load) throw new Error(`the manual has no ${role} in ${language}`);
  return (await load()).default;
}
