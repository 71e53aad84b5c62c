/** A bundle with what its texts say, read once for all checks. What cannot be read is absent, and the check that asks for it says so. */
import { hex, u64, unhex, utf8 } from "../bid/encoding";
import { labelled, sha256 } from "../bid/hash";
import { termsShape, type SealingTerms } from "../bid/terms-shape";
import { leafHash, nodeHash } from "../bid/tree";
import type { Bytes, Hex, Judge, Millis } from "../bid/types";
import { readLists } from "../revocation";
import { parsed, shaped, shellShape } from "../tlog/anchored";
import { judgeBy } from "../trust";
import { readCourse, type Course } from "./course";
import { detailsShape, type Details } from "./details";
import { readFacts, type Facts } from "./facts";
import type { Bundle, Line } from "./form";
import type { Policy } from "./policy";

/** An event as far as a line tells it. */
export interface Told {
  shell: { seq: number; time: Millis; facts: Hex; details: Hex } | undefined;
  /** Canonical, what the shell commits to, and of a kind that is known. */
  facts: Facts | undefined;
  /** Whether facts are there that are canonical and committed to, of whatever kind. */
  committed: boolean;
  details: Details | undefined;
}

/** An event whose facts are told. */
export interface Fact {
  seq: number;
  time: Millis;
  facts: Facts;
  details: Details | undefined;
}

/** What all checks ask. */
export interface Reading {
  bundle: Bundle;
  policy: Policy;
  project: string;
  isPublic: boolean;
  events: Told[];
  /** Those whose facts are told, in order. */
  facts: Fact[];
  /** Over the lines' shells as they stand. */
  tree: Tree;
  /** The sealing terms that can be read, by the digests in their files' names, ascending. */
  terms: Map<Hex, SealingTerms>;
  /** Whether the terms know of a public log. */
  hasLog: boolean;
  /** What the facts say that became of lots and bids. */
  course: Course;
  judge: Judge;
  lastTime: Millis;
}

export function readingOf(bundle: Bundle, policy: Policy): Reading {
  const events = bundle.lines.map(told);
  const facts = events.flatMap(({ shell, facts, details }, at) =>
    shell && facts ? [{ seq: at + 1, time: shell.time, facts, details }] : [],
  );
  const terms = new Map<Hex, SealingTerms>();
  for (const [digest, bytes] of bundle.terms) {
    const content = shaped(termsShape, parsedBytes(bytes));
    // Bidders' clients read terms without this stay too; no platform writes any.
    if (content?.policy.stays.returning !== undefined) terms.set(digest, content);
  }
  return {
    bundle,
    policy,
    project: bundle.head.project,
    isPublic: bundle.head.edition === "public",
    events,
    facts,
    tree: new Tree(bundle.lines.map(({ shell }) => leafHash(utf8(shell)))),
    terms,
    hasLog: [...terms.values()].some(({ trust }) => trust.log_key !== undefined),
    course: readCourse(facts),
    judge: judgeBy(policy.authorities, readLists(bundle.crls.values())),
    lastTime: events.at(-1)?.shell?.time ?? 0,
  };
}

/** The value of canonical bytes; nothing where they are others. */
export function parsedBytes(bytes: Bytes): unknown {
  const json = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return utf8(json).length === bytes.length ? parsed(json) : undefined;
}

function told(line: Line): Told {
  const shell = shaped(shellShape, parsed(line.shell));
  const facts = committedTo("facts", line.facts, line.facts_salt, shell?.facts);
  const details = committedTo("details", line.details, line.details_salt, shell?.details);
  return {
    shell,
    facts: facts === undefined ? undefined : shaped(readFacts, facts),
    committed: facts !== undefined,
    details: details === undefined ? undefined : shaped(detailsShape, details),
  };
}

/** The value of a text that is canonical and what a shell's digest commits to. */
function committedTo(part: "facts" | "details", text: string | undefined, salt: Hex | undefined, digest: Hex | undefined): unknown {
  if (text === undefined || salt === undefined || digest === undefined) return undefined;
  const bytes = utf8(text);
  const committed = hex(labelled(`kaibiao/1 ${part}`, unhex(salt, 32) as Bytes, u64(bytes.length), bytes));
  return committed === digest ? parsed(text) : undefined;
}

/** A Merkle tree of which the root over any first leaves can be asked (docs/spec/tree.md, 3). */
export class Tree {
  /** The roots of the whole subtrees of 2^k leaves, from the left. */
  private readonly levels: Bytes[][];

  constructor(leaves: Bytes[]) {
    this.levels = [leaves];
    for (let below = leaves; below.length > 1; ) {
      const above: Bytes[] = [];
      for (let at = 0; at + 1 < below.length; at += 2) above.push(nodeHash(below[at] as Bytes, below[at + 1] as Bytes));
      this.levels.push(above);
      below = above;
    }
  }

  get size(): number {
    return (this.levels[0] as Bytes[]).length;
  }

  leaf(seq: number): Hex {
    return hex((this.levels[0] as Bytes[])[seq - 1] as Bytes);
  }

  /** The root over so many first leaves; nothing of more than there are. */
  root(size: number): Hex | undefined {
    if (size > this.size) return undefined;
    if (size === 0) return hex(sha256());
    let root: Bytes | undefined;
    let end = size;
    for (let level = 0; end > 0; level++) {
      const width = 2 ** level;
      if ((end / width) % 2 === 0) continue;
      const node = (this.levels[level] as Bytes[])[end / width - 1] as Bytes;
      root = root ? nodeHash(node, root) : node;
      end -= width;
    }
    return hex(root as Bytes);
  }
}
