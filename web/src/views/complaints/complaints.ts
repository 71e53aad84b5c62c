/** Complaints as lists and forms need them. What may be done with one, the server says. */
import type { Schemas } from "@/api";
import { base64 } from "@/crypto/bid/encoding";

export type Complaint = Schemas["ComplaintView"];
export type Line = Schemas["ComplaintLine"];
export type Counts = Schemas["ComplaintCounts"];
export type Matter = NonNullable<Complaint["matter"]>;

export const MATTERS = ["opening", "conduct", "collusion", "platform", "other"] as const satisfies readonly Matter[];
export const STANDINGS = ["waiting", "open", "answered", "declined"] as const satisfies readonly Complaint["standing"][];

export interface Sought {
  state: "every" | "overdue" | Complaint["standing"];
  matter: "any" | Matter;
  words: string;
}

/** The lines that are sought, in the server's order. */
export function found(lines: readonly Line[], { state, matter, words }: Sought): Line[] {
  const wanted = words.trim().toLowerCase();
  return lines.filter((it) => {
    const inState = state === "every" || (state === "overdue" ? it.overdue : it.standing === state);
    const text = `${it.number} ${it.title} ${it.told?.complainant.name ?? ""}`.toLowerCase();
    return inState && (matter === "any" || it.matter === matter) && text.includes(wanted);
  });
}

/** The words for what a complaint is about, by their name. It is not known of one whose details were erased. */
export function about({ matter }: Complaint): string {
  return matter ? `complaints.matters.${matter}` : "complaints.erased";
}

/** Numbers with commas between, ascending, each once; nothing where that is not what was written. */
export function citesOf(text: string): number[] | undefined {
  const parts = text
    .split(/[,，、\s]+/)
    .map((it) => it.replace(/^#/, ""))
    .filter((it) => it !== "");
  const numbers = [...new Set(parts.map(Number))].sort((a, b) => a - b);
  const fits = parts.every((it) => /^[1-9]\d{0,14}$/.test(it)) && numbers.length <= 20;
  return fits ? numbers : undefined;
}

/** Which complaints cite an event. */
export function citing(complaints: readonly Complaint[]): Map<number, number[]> {
  const by = new Map<number, number[]>();
  for (const it of complaints) for (const seq of it.told?.cites ?? []) by.set(seq, [...(by.get(seq) ?? []), it.complaint]);
  return by;
}

export const MOST_FILES = 5;
export const MOST_BYTES = 4 * 1024 * 1024;

/** Whether somebody without a certificate can send these. */
export function areTaken(files: readonly { size: number }[]): boolean {
  return files.length <= MOST_FILES && files.reduce((sum, it) => sum + it.size, 0) <= MOST_BYTES;
}

export async function packed(files: readonly File[]): Promise<Schemas["PublicFile"][]> {
  const all = files.map(async (file) => ({
    name: file.name.normalize("NFC"),
    content: base64(new Uint8Array(await file.arrayBuffer())),
  }));
  return Promise.all(all);
}
