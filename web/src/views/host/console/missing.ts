/** Where on the console each thing stands that is missing before a lot is closed. */
import type { Schemas } from "@/api";

export type Missing = Schemas["MissingView"];
export type MissingKind = Missing["what"];
export type Place = "record" | "talk" | "board" | "course";

const PLACES: Record<MissingKind, Place> = {
  reference: "course",
  record: "record",
  signature: "record",
  countersignatures: "record",
  replies: "talk",
  answers: "talk",
  helps: "talk",
  findings: "board",
  disputes: "board",
  lines: "board",
  objections: "board",
  absences: "board",
};

/** The place to go to; none where nobody can do anything about it any more. */
export function placeOf({ what, mendable }: Missing): Place | undefined {
  return mendable ? PLACES[what] : undefined;
}

/** What is to be asked about before an act: all before the close, the silent ones and what is still sealed before objections end. */
export function askedBefore(act: string, missing: readonly Missing[] | undefined): Missing[] {
  if (act === "close") return [...(missing ?? [])];
  return act === "close-objections" ? (missing ?? []).filter((it) => ["objections", "replies", "reference"].includes(it.what)) : [];
}
