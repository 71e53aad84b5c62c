/** Sealing terms and packages of them: crypto/vectors/terms/{terms,packages}.json. */
import { describe, expect, it } from "vitest";
import { checkPublication, checkTerms, parseTerms, type Judge } from "@/crypto/bid";
import type { Rules } from "@/crypto/rules";
import { judgeBy } from "@/crypto/trust";
import { parsePackage } from "@/views/bidder/prepare/package";
import { b64, codeOf, vectors } from "./vectors";

interface Known {
  name: string;
  expect: string;
  cas: { id: string; root: string; rules: Rules }[];
  now: number;
}

const PROJECT = "0192d3a0-0000-7000-8000-000000000001";

/** A page judges by its own roots, and has no revocation lists. */
function judgeOf({ cas }: Known): Judge {
  return judgeBy(cas.map(({ id, root, rules }) => ({ id, root: b64(root), rules })));
}

async function outcomeOf(check: () => Promise<unknown>): Promise<string> {
  try {
    await check();
    return "accepted";
  } catch (error) {
    codeOf(error);
    return "refused";
  }
}

describe("all sealing terms of the vectors", () => {
  it.each(vectors<(Known & { terms: string; digest: string })[]>("terms/terms.json"))("have their outcome: $name", async (vector) => {
    const outcome = await outcomeOf(async () => {
      const terms = parseTerms(vector.terms);
      expect(terms.digest).toBe(vector.digest);
      await checkTerms(terms, judgeOf(vector), vector.now, { project: PROJECT, lot: "1" });
    });
    expect(outcome).toBe(vector.expect);
  });
});

describe("every terms package of the vectors", () => {
  it.each(vectors<(Known & { file: string })[]>("terms/packages.json"))("has its outcome: $name", async (vector) => {
    const outcome = await outcomeOf(async () => {
      const { terms: text, publication, project, lot } = parsePackage(vector.file);
      const terms = parseTerms(text);
      await checkTerms(terms, judgeOf(vector), vector.now, { project, lot });
      await checkPublication(terms, publication, judgeOf(vector));
    });
    expect(outcome).toBe(vector.expect);
  });
});
