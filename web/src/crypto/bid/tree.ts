/** Merkle trees as in RFC 6962 (docs/spec/tree.md, 3 and 4). */
import { hex, unhex } from "./encoding";
import { sha256 } from "./hash";
import type { Bytes, Hex } from "./types";

export interface InclusionProof {
  index: number | bigint;
  size: number | bigint;
  path: Hex[];
}

interface ConsistencyProof {
  old: number;
  size: number;
  path: Hex[];
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(shell: Uint8Array): Bytes {
  return sha256(LEAF, shell);
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Bytes {
  return sha256(NODE, left, right);
}

/** RFC 9162, 2.1.3.2. */
export function includes(proof: InclusionProof, leaf: Hex, root: Hex): boolean {
  const path = hashes(proof.path);
  let node = unhex(leaf, 32);
  if (!path || !node || !isSize(proof.index) || !isSize(proof.size) || proof.index >= proof.size) return false;
  const climb = new Climb(BigInt(proof.index), BigInt(proof.size) - 1n);
  for (const sibling of path) {
    const side = climb.step();
    if (!side) return false;
    node = side === "left" ? nodeHash(sibling, node) : nodeHash(node, sibling);
  }
  return climb.atTop() && hex(node) === root;
}

/** RFC 9162, 2.1.4.2. The tree without leaves is a prefix of every tree, by an empty proof. */
export function continues(proof: ConsistencyProof, oldRoot: Hex, root: Hex): boolean {
  const path = hashes(proof.path);
  const { old, size } = proof;
  if (!path || !isSize(old) || !isSize(size) || old > size) return false;
  if (old === 0) return path.length === 0 && oldRoot === hex(sha256());
  if (old === size) return path.length === 0 && oldRoot === root;
  // A complete old tree is itself the first node; the proof leaves it out.
  const complete = isPowerOfTwo(old);
  const first = complete ? unhex(oldRoot, 32) : path.shift();
  if (!first) return false;
  const climb = new Climb(BigInt(old) - 1n, BigInt(size) - 1n);
  climb.skipRightEdges();
  let [oldNode, node]: [Bytes, Bytes] = [first, first];
  for (const sibling of path) {
    const side = climb.step();
    if (!side) return false;
    if (side === "left") {
      oldNode = nodeHash(sibling, oldNode);
      node = nodeHash(sibling, node);
    } else node = nodeHash(node, sibling);
  }
  return climb.atTop() && hex(oldNode) === oldRoot && hex(node) === root;
}

/** The way from a leaf to the root. A public log's size is a number of 63 bits. */
class Climb {
  constructor(
    private index: bigint,
    private last: bigint,
  ) {}

  /** On which side the next sibling stands; nothing when there is none. */
  step(): "left" | "right" | undefined {
    if (this.last === 0n) return undefined;
    const side = this.index & 1n || this.index === this.last ? "left" : "right";
    // A node without a right sibling is carried up unchanged.
    if (side === "left") while (!(this.index & 1n) && this.index !== 0n) this.up();
    this.up();
    return side;
  }

  skipRightEdges(): void {
    while (this.index & 1n) this.up();
  }

  atTop(): boolean {
    return this.last === 0n;
  }

  private up(): void {
    this.index >>= 1n;
    this.last >>= 1n;
  }
}

function isPowerOfTwo(value: number): boolean {
  while (value % 2 === 0) value /= 2;
  return value === 1;
}

function isSize(value: number | bigint): boolean {
  return typeof value === "bigint" ? value >= 0n : Number.isSafeInteger(value) && value >= 0;
}

function hashes(path: Hex[]): Bytes[] | undefined {
  const read = path.map((node) => unhex(node, 32));
  return read.every((node) => node !== undefined) ? (read as Bytes[]) : undefined;
}
