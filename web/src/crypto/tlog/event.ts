/** That an event lies in a project's tree, and that tree in the public log (docs/spec/replay.md, 4). */
import { hex, utf8 } from "../bid/encoding";
import { fail } from "../bid/failure";
import { array, digest, integer, object } from "../bid/shape";
import { includes, leafHash } from "../bid/tree";
import type { Hex } from "../bid/types";
import { anchoredShape, proveAnchored, shaped } from "./anchored";
import { policyOf } from "./policy";

const proofShape = object({ path: array(digest), root: digest, seq: integer(), size: integer() }, { anchored: anchoredShape });

/** What is proved of an event. */
export interface ProvedEvent {
  /** The leaf's hash, and the tree that holds it. */
  leaf: Hex;
  size: number;
  root: Hex;
  /** The anchor of that tree, and when each witness cosigned it, in seconds; left out where nothing is anchored. */
  anchored?: { tick: number; times: bigint[] };
}

/**
 * Checks that a shell is the leaf of event `seq`, and by the terms' log that its tree
 * was anchored. Refusals: event-differs, and those of evidence.md, 4, steps 1 to 5.
 */
export async function proveEvent(
  { project, seq, shell }: { project: string; seq: number; shell: string },
  given: unknown,
  trust: Parameters<typeof policyOf>[0],
): Promise<ProvedEvent> {
  const proof = shaped(proofShape, given) ?? fail("event-differs");
  const { size, root, path, anchored } = proof;
  const leaf = hex(leafHash(utf8(shell)));
  if (proof.seq !== seq || !includes({ index: seq - 1, size, path }, leaf, root)) fail("event-differs");
  if (!anchored) return { leaf, size, root };
  const policy = policyOf(trust) ?? fail("terms-log");
  const times = await proveAnchored(anchored, { at: 0, project, root, size }, policy);
  return { leaf, size, root, anchored: { tick: anchored.anchor.tick, times } };
}
