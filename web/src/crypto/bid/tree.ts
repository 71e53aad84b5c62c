/** Merkle trees as in RFC 6962 (docs/spec/tree.md). */
import type { Hex } from "./types";

export interface InclusionProof {
  index: number;
  size: number;
  path: Hex[];
}

export interface ConsistencyProof {
  old: number;
  size: number;
  path: Hex[];
}

export function includes(proof: InclusionProof, leaf: Hex, root: Hex): boolean {
  void [proof, leaf, root];
  throw new Error("not yet");
}

export function continues(proof: ConsistencyProof, oldRoot: Hex, root: Hex): boolean {
  void [proof, oldRoot, root];
  throw new Error("not yet");
}
