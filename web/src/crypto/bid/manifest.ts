/** The manifest, message of segment 1 (docs/spec/sealed-bid.md, 9). */
import { readCanonical } from "./canonical";
import { CryptoFailure } from "./failure";
import type { Promised } from "./header";
import { checkNames, isMedia } from "./names";
import { anything, array, digest, integer, object, read, string } from "./shape";
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

const MANIFEST = object({
  documents: array(object({ digest, media: string, name: string, size: integer() })),
  draw: digest,
  sheet: anything,
});

/** Reads a manifest and holds it against the header's promise. */
export function readManifest(bytes: Bytes, promised: Promised): Manifest {
  try {
    const manifest = read(MANIFEST, readCanonical(bytes));
    const promisedSizes = promised.commitments.segments.slice(2).map(({ length }) => length);
    const sizes = manifest.documents.map(({ size }) => size);
    checkNames(manifest.documents.map(({ name }) => name));
    if (sizes.join() === promisedSizes.join() && manifest.documents.every(({ media }) => isMedia(media))) return manifest;
  } catch {
    // One failure for all: the sealer's.
  }
  throw new CryptoFailure("manifest-wrong");
}
