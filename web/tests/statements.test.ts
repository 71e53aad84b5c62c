/** Statements in their short form, lists together, growing trees: crypto/vectors/{signatures,tree}. */
import { describe, expect, it } from "vitest";
import { checkStatement, type Bytes, type SignedStatement } from "@/crypto/bid";
import { hex, unhex, utf8 } from "@/crypto/bid/encoding";
import { sha256 } from "@/crypto/bid/hash";
import { isWithin, statementDigest } from "@/crypto/bid/statements";
import { leafHash, nodeHash } from "@/crypto/bid/tree";
import { rootsAt } from "@/views/supervisor/merkle";
import { codeOf, vectors } from "./vectors";

interface Case {
  name: string;
  expect: string;
  origin: string;
  project: string;
  key: string;
}

describe("every statement in its short form", () => {
  it.each(vectors<(Case & { statement: string })[]>("signatures/short-statements.json"))("has its outcome: $name", async (vector) => {
    const statement = JSON.parse(vector.statement) as SignedStatement;
    const outcome = await checkStatement("receipt", statement, vector, vector.key).then(
      () => "accepted",
      (error: unknown) => codeOf(error) && "refused",
    );
    expect(outcome).toBe(vector.expect);
  });
});

describe("every statement that the platform has signed twice", () => {
  type Twice = Case & { kind: "receipt" | "acknowledge" | "closing" | "accepted"; statement: string; sm2_chain: string[] };
  it.each(vectors<Twice[]>("signatures/statements-gm.json"))("has its outcome: $name", async (vector) => {
    const statement = JSON.parse(vector.statement) as SignedStatement;
    const outcome = await checkStatement(vector.kind, statement, vector, vector.key, vector.sm2_chain).then(
      () => "accepted",
      (error: unknown) => codeOf(error) && "refused",
    );
    expect(outcome).toBe(vector.expect);
  });
});

describe("every accepted list with its closing one", () => {
  type Lists = Case & { closing: SignedStatement; accepted: SignedStatement };
  it.each(vectors<Lists[]>("signatures/lists.json"))("has its outcome: $name", async (vector) => {
    const { closing, accepted, key } = vector;
    let holds: boolean;
    try {
      const closed = await checkStatement("closing", closing, vector, key);
      const fixed = await checkStatement("accepted", accepted, vector, key);
      holds = isWithin(fixed, closed, statementDigest(closing));
    } catch (error) {
      codeOf(error);
      holds = false;
    }
    expect(holds ? "accepted" : "refused").toBe(vector.expect);
  });
});

describe("every frontier of the vectors", () => {
  interface Frontier {
    nodes: string[];
    size: number;
  }
  interface Grown {
    name: string;
    expect: string;
    frontier: Frontier;
    root?: string;
    steps?: { shell: string; leaf: string; frontier: Frontier; root: string }[];
  }
  const cases = vectors<Grown[]>("tree/frontier.json").filter((it) => it.expect === "accepted");

  // The page stores no frontier; this is docs/spec/tree.md, 3, as it stands there.
  const rootOf = (nodes: Bytes[]): string =>
    nodes.length === 0 ? hex(sha256()) : hex(nodes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), nodes.at(-1)!));

  it.each(cases)("grows by the specification's words: $name", ({ frontier, root, steps }) => {
    const nodes = frontier.nodes.map((node) => unhex(node, 32)!);
    let size = BigInt(frontier.size);
    expect(rootOf(nodes)).toBe(root);
    for (const step of steps ?? []) {
      expect(hex(leafHash(utf8(step.shell)))).toBe(step.leaf);
      let node = leafHash(utf8(step.shell));
      for (let n = size; n & 1n; n >>= 1n) node = nodeHash(nodes.pop()!, node);
      nodes.push(node);
      size += 1n;
      expect({ nodes: nodes.map(hex), size: Number(size) }).toEqual(step.frontier);
      expect(rootOf(nodes)).toBe(step.root);
    }
  });

  it("has the roots that a supervisor's page computes from the shells", () => {
    const steps = cases[0]!.steps!;
    const roots = rootsAt(
      steps.map(({ shell }) => shell),
      steps.map((_, at) => at + 1),
    );
    expect([...roots.values()]).toEqual(steps.map(({ root }) => root));
  });
});
