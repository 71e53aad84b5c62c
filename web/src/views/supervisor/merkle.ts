/** The root of a project's tree from its shells (docs/spec/tree.md, 3). */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(shell: string): Uint8Array {
  return sha256(concatBytes(LEAF, utf8ToBytes(shell)));
}

/** The roots after each of the sizes asked for, in one pass over the leaves. */
export function rootsAt(shells: readonly string[], sizes: readonly number[]): Map<number, string> {
  const wanted = new Set(sizes);
  const roots = new Map<number, string>();
  const frontier: Uint8Array[] = [];
  if (wanted.has(0)) roots.set(0, bytesToHex(sha256(new Uint8Array())));
  for (const [index, shell] of shells.entries()) {
    let node = leafHash(shell);
    for (let size = index; size & 1; size >>= 1) {
      node = sha256(concatBytes(NODE, frontier.pop() as Uint8Array, node));
    }
    frontier.push(node);
    if (wanted.has(index + 1)) roots.set(index + 1, fold(frontier));
  }
  return roots;
}

function fold(frontier: readonly Uint8Array[]): string {
  let root = frontier.at(-1) as Uint8Array;
  for (let i = frontier.length - 2; i >= 0; i -= 1) root = sha256(concatBytes(NODE, frontier[i] as Uint8Array, root));
  return bytesToHex(root);
}

export function digestOf(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** `H("kaibiao/1 facts" || salt || u64 length || bytes)`, and likewise of details (docs/spec/tree.md, 1). */
export function saltedDigest(part: "facts" | "details", salt: string, body: string): string {
  const bytes = utf8ToBytes(body);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length));
  return bytesToHex(sha256(concatBytes(utf8ToBytes(`kaibiao/1 ${part}`), hexToBytes(salt), length, bytes)));
}
