/**
 * Control prices and bases that a host has sealed: the file that it saves, and a copy in its own locker on this device.
 * The platform has neither.
 */
import { vault } from "@/crypto/client";
import { commitmentOf, newReference, readReference, type ReferenceFile, type ReferenceKind, writeReference } from "@/crypto/bid/reference";
import { saveText } from "@/ui/save";
import type { Schemas } from "@/api";
import { plain } from "./form";

export type { ReferenceFile, ReferenceKind };
type Sealed = Schemas["SealedReference"];

const SHELF = "references";

/** Seals a value: saves the file first, since nobody can make it again; answers what the draft holds, and whether a copy stays here. */
export async function seal(
  kind: ReferenceKind,
  about: { number: string; lot: string; lot_title: string },
  value: string,
): Promise<{ sealed: Sealed; copied: boolean }> {
  const file = newReference(kind, about, value);
  const commitment = await commitmentOf(file);
  save(file);
  const copied = await vault()
    .keep(commitment, plain(file), SHELF)
    .catch(() => false);
  return { sealed: { kind, commitment }, copied };
}

/** What is kept here of a commitment; nothing where another device or person sealed it. */
export async function copyOf(commitment: string): Promise<ReferenceFile | undefined> {
  const kept = (await vault().kept(commitment, SHELF)) as ReferenceFile | undefined;
  return kept && (await commitmentOf(kept)) === commitment ? kept : undefined;
}

export function save(file: ReferenceFile): void {
  saveText(nameOf(file), writeReference(file));
}

/** Only what every system allows in a file's name. */
export function nameOf({ number, lot }: Pick<ReferenceFile, "number" | "lot">): string {
  return `${number.replace(/[^\p{L}\p{N}._-]/gu, "-")}-${lot}.reference.json`;
}

/** The file that a person chose for a lot, or why it is not that lot's: an end of `host.reference.wrong`. */
export async function chosen(text: string, lot: string, sealed: Sealed): Promise<ReferenceFile | "form" | "other"> {
  let file: ReferenceFile;
  try {
    file = readReference(text);
  } catch {
    return "form";
  }
  const fits = file.lot === lot && file.kind === sealed.kind && (await commitmentOf(file)) === sealed.commitment;
  return fits ? file : "other";
}
