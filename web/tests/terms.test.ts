/** Sealing terms and packages of them: crypto/vectors/terms/{terms,packages}.json. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkPublication, checkTerms, parseTerms } from "@/crypto/bid";
import { commitmentOf, type Reference } from "@/crypto/bid/reference";
import type { Millis } from "@/crypto/bid/types";
import type { Step } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { readLists, type Policy } from "@/crypto/revocation";
import type { Rules } from "@/crypto/rules";
import { authoritiesOf, judgeBy, type Authority } from "@/crypto/trust";
import { createVault } from "@/crypto/vault";
import { judgedBy, parsePackage } from "@/views/bidder/prepare/package";
import { filesIn } from "./archive";
import { b64, codeOf, vectors } from "./vectors";

interface Known {
  name: string;
  /** `accepted` or the refusal's code. */
  expect: string;
  cas: { id: string; root: string; rules: Rules; revocation: Policy }[];
  now: Millis;
}

interface Sealed extends Known {
  terms: string;
  digest: string;
  lists: string[];
  since?: string[];
}

const terms = ["terms/terms.json", "terms/standing.json", "terms/sealed.json"].flatMap((file) => vectors<{ cases: Sealed[] }>(file).cases);
const { cases: packages } = vectors<{ cases: (Known & { file: string })[] }>("terms/packages.json");

function authorities({ cas }: Known): Authority[] {
  return cas.map(({ id, root, rules, revocation }) => ({ id, root: b64(root), rules, revocation }));
}

async function outcomeOf(check: () => Promise<unknown>): Promise<string> {
  try {
    await check();
    return "accepted";
  } catch (error) {
    return codeOf(error);
  }
}

describe("all sealing terms of the vectors", () => {
  it.each(terms)("have their outcome: $name", async (vector) => {
    const told: unknown[] = [];
    const outcome = await outcomeOf(async () => {
      const read = parseTerms(vector.terms);
      expect(read.digest).toBe(vector.digest);
      const { project, lot } = read.content;
      const notes = await checkTerms(read, judgeBy(authorities(vector), readLists(vector.lists.map(b64))), vector.now, { project, lot });
      told.push(...notes.map(({ params }) => params?.["reason"]));
    });
    expect(outcome).toBe(vector.expect);
    expect(told).toEqual(vector.since ?? []);
  });
});

describe("a custodian's name in the terms", () => {
  const [published] = terms;
  async function told(from: string, to: string): Promise<unknown[]> {
    if (published === undefined) throw new Error("no vectors");
    const renamed = parseTerms(published.terms.replaceAll(from, to));
    return checkTerms(renamed, judgeBy(authorities(published), readLists(published.lists.map(b64))), published.now);
  }

  it("is told where its certificate calls it otherwise, and stops nothing", async () => {
    const params = { name: "河口市公证处", organisation: "11350100MB0000005E", certified: "行政监督" };
    expect(await told("行政监督", "河口市公证处")).toEqual([{ code: "custodian-name", params }]);
  });

  it("is the certificate's whatever its spaces and width", async () => {
    expect(await told("行政监督", " 行政\u3000监督")).toEqual([]);
  });
});

describe("the certificate by which an agent was authorised", () => {
  const [standing] = vectors<{ cases: Sealed[] }>("terms/standing.json").cases;
  /** What is told where certificates are over from an instant on. */
  async function told(over: (at: Millis, certified: Millis) => boolean): Promise<unknown[]> {
    if (standing === undefined) throw new Error("no vectors");
    const judge = judgeBy(authorities(standing), readLists(standing.lists.map(b64)));
    const ending: typeof judge = {
      ...judge,
      judge: (chain, at, use, kept) =>
        kept?.lists === undefined && over(at, standing.now)
          ? Promise.reject(new CryptoFailure("certificate-expired"))
          : judge.judge(chain, at, use, kept),
    };
    const notes = await checkTerms(parseTerms(standing.terms), ending, standing.now + 1);
    return notes.map(({ code }) => code);
  }

  it("had ended before the agent certified the key, or has ended since", async () => {
    expect(await told(() => false)).toEqual([]);
    expect(await told((at, certified) => at > certified)).toEqual(["custodian-since", "authoriser-since", "custodian-since"]);
    expect(await told(() => true)).toEqual(["custodian-since", "authoriser-ended", "custodian-since"]);
  });
});

describe("every commitment of the vectors", () => {
  const { cases } = vectors<{ cases: (Reference & { commitment: string })[] }>("terms/references.json");

  it.each(cases)("is that of $kind $value in lot $lot", async ({ commitment, ...told }) => {
    expect(await commitmentOf(told)).toBe(commitment);
  });

  it("is another one where anything differs", () => {
    expect(new Set(cases.map((it) => it.commitment)).size).toBe(cases.length);
  });
});

describe("every terms package of the vectors", () => {
  it.each(packages)("has its outcome: $name", async (vector) => {
    const outcome = await outcomeOf(async () => {
      const read = parsePackage(vector.file);
      const { cas, lists } = judgedBy(read);
      const roots = authorities(vector).map(({ root }) => root);
      const judge = judgeBy(authoritiesOf(roots, cas), readLists(lists));
      const content = parseTerms(read.terms);
      await checkTerms(content, judge, vector.now, read);
      await checkPublication(content, read.publication, judge);
    });
    expect(outcome).toBe(vector.expect);
  });

  const [good] = packages;

  it("may hold the proof that its terms are in the public log, as a text", () => {
    const withLogged = (logged: unknown) => parsePackage(JSON.stringify({ ...JSON.parse(good?.file ?? ""), logged }));
    expect(withLogged("proof").logged).toBe("proof");
    for (const other of [null, 1, ["proof"]]) expect(() => withLogged(other)).toThrow("package-form");
  });

  it("is checked step by step before sealing, the public log last", async () => {
    if (!good) throw new Error("no vectors");
    const { project, lot, terms, publication, ...read } = parsePackage(good.file);
    const roots = good.cas.map(({ root }) => `-----BEGIN CERTIFICATE-----\n${root}\n-----END CERTIFICATE-----\n`);
    let seen: Step[] = [];
    const request = { project, lot, terms, publication, roots, ...judgedBy({ project, lot, terms, publication, ...read }), now: good.now };
    const checked = await createVault().checkTerms(request, (steps) => (seen = steps));
    expect(checked.digest).toBe(parseTerms(terms).digest);
    expect(seen.map(({ code, state }) => [code, state])).toEqual(
      ["read", "custodians", "publication", "logged"].map((step) => [`terms-${step}`, "done"]),
    );
    // These terms name no log.
    expect(seen.at(-1)?.notes).toEqual([{ code: "no-log" }]);
  });
});

describe("the platform's SM2 certificate", () => {
  const folder = fileURLToPath(new URL("../../crypto/vectors/bundle/", import.meta.url));
  const files = filesIn(new Uint8Array(readFileSync(`${folder}gm.kev`)));
  const [, bytes] = [...files].find(([name]) => name.startsWith("terms/"))!;
  const read = parseTerms(new TextDecoder().decode(bytes));
  const lists = readLists([...files].flatMap(([name, der]) => (name.startsWith("crls/") ? [der.slice()] : [])));
  const { cas } = JSON.parse(readFileSync(`${folder}gm.policy.json`, "utf8")) as Pick<Known, "cas">;
  const own = judgeBy(
    cas.map(({ root, ...it }) => ({ ...it, root: b64(root) })),
    lists,
  );
  const now = read.content.custodians[0]!.certified.grounds!.at;
  const leaf = b64(read.content.trust.sm2_chain![0]!);

  it("is vouched for by those whom the person trusts, or that is told", async () => {
    expect(await checkTerms(read, own, now)).toEqual([]);
    const without = {
      judge: async (...[chain, ...more]: Parameters<typeof own.judge>) => {
        if (chain[0]!.length === leaf.length && chain[0]!.every((byte, at) => byte === leaf[at]))
          throw new CryptoFailure("certificate-unknown-issuer");
        return own.judge(chain, ...more);
      },
    };
    expect(await checkTerms(read, without, now)).toEqual([
      { code: "platform-certificate", params: { reason: "certificate-unknown-issuer" } },
    ]);
  });
});
