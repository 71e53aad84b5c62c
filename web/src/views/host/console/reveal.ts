/** The sealed control prices and bases that an act reveals. */
import type { ActBody } from "@/crypto/contract";
import type { HostAct } from "../lawful";
import type { ReferenceFile } from "../references";
import type { LotView, View } from "../types";

interface Sealed {
  id: string;
  lot: LotView;
}

/** Of the chosen lots those whose value is sealed, not revealed, and can be revealed now; they are asked for before an announcement. */
export function unrevealed(act: HostAct, lots: readonly string[], view: Pick<View, "lots">): Sealed[] {
  if (act !== "announce" && act !== "reveal-reference") return [];
  return lots.flatMap((id) => {
    const lot = view.lots[id];
    const may = lot?.lawful?.["reveal-reference"] === null;
    return lot?.reference && !lot.reference.revealed && may ? [{ id, lot }] : [];
  });
}

/** An act for each lot of which there is a file. */
export function revealing(sealed: readonly Sealed[], files: Readonly<Record<string, ReferenceFile>>): ActBody[] {
  return sealed.flatMap(({ id }) => {
    const file = files[id];
    return file ? [{ act: "reveal-reference", lot: id, value: file.value, salt: file.salt }] : [];
  });
}
