/** Opening a bid (docs/spec/sealed-bid.md, 15). */
import type { Header, Promised } from "./header";
import type { Bytes, Hex } from "./types";

export interface DocumentEntry {
  digest: Hex;
  media: string;
  name: string;
  size: number;
}

export interface Manifest {
  documents: DocumentEntry[];
  draw: Hex;
  sheet: Record<string, unknown>;
}

export interface Opened {
  header: Header;
  r: Bytes;
  /** SK_0 */
  sheetKey: Bytes;
  sheet: Record<string, unknown>;
  manifest: Manifest;
}

/** Opens a whole .kbid with b and shares of r; `document` gets each authenticated chunk in order. */
export async function open(
  file: Blob,
  secrets: { b: Bytes; shares: { x: number; share: Bytes }[]; custodians: Bytes[] },
  document?: (index: number, chunk: Bytes) => void | Promise<void>,
): Promise<Opened> {
  void [file, secrets, document];
  throw new Error("not yet");
}

/** Repeats an announced sheet's opening from SK_0: ctx, commitments and the ciphertext of segment 0. */
export async function repeatSheet(promised: Promised, key: Bytes, ciphertext: Bytes): Promise<Record<string, unknown>> {
  void [promised, key, ciphertext];
  throw new Error("not yet");
}
