/** A control price or base that the host seals until the opening (docs/spec/terms.md, 10): the commitment, and the host's file. */
import { canonical, canonicalBytes, readCanonical } from "./canonical";
import { hex, utf8 } from "./encoding";
import { matching, object, oneOf, read, string } from "./shape";
import type { Hex } from "./types";

export type ReferenceKind = "control-price" | "base";

/** What is committed to. */
export interface Reference {
  kind: ReferenceKind;
  lot: string;
  /** 64 hexadecimal digits. */
  salt: Hex;
  /** Spelt as the lot's price is in a sheet. */
  value: string;
}

/** The host's file. */
export interface ReferenceFile extends Reference {
  kaibiao: "reference/1";
  number: string;
  lot_title: string;
}

const fileShape = object({
  kaibiao: oneOf<"reference/1">("reference/1"),
  kind: oneOf<ReferenceKind>("control-price", "base"),
  lot: string,
  lot_title: string,
  number: string,
  salt: matching(/^[0-9a-f]{64}$/),
  value: string,
});

/** SHA-256 of "kaibiao/1 reference" and the canonical JSON. */
export async function commitmentOf({ kind, lot, salt, value }: Reference): Promise<Hex> {
  const label = utf8("kaibiao/1 reference");
  const told = canonicalBytes({ kind, lot, salt, value });
  const bytes = new Uint8Array(label.length + told.length);
  bytes.set(label);
  bytes.set(told, label.length);
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** A file for a value that is sealed now, with a salt of its own. */
export function newReference(
  kind: ReferenceKind,
  about: Pick<ReferenceFile, "lot" | "lot_title" | "number">,
  value: string,
): ReferenceFile {
  const salt = hex(crypto.getRandomValues(new Uint8Array(32)));
  return { kaibiao: "reference/1", kind, ...about, salt, value };
}

export function writeReference(file: ReferenceFile): string {
  return canonical(file);
}

/** Throws where the text is no such file. */
export function readReference(text: string): ReferenceFile {
  return read(fileShape, readCanonical(text));
}
