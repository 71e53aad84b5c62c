import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { listsOf } from "./bid/act";
import type { Bytes } from "./bid/types";
import type { Grounds } from "./contract";
import { isOrganisationCode } from "./bid/organisation";
import { readLists, type Policy } from "./revocation";
import { authoritiesOf, judge, judgeBy, type Authority } from "./trust";
import type { Rules } from "./rules";
import { loadSuite } from "./suite";
import { parseCertificate } from "./x509";

interface VectorAuthority {
  id: string;
  root: string;
  intermediates?: string[];
  rules: Rules;
  revocation: Policy;
  crls?: string[];
}

/** A judgement that is made again (docs/spec/signatures.md, 6). */
interface KeptVector {
  name: string;
  expect: string;
  ca: VectorAuthority;
  chain: string[];
  grounds: Grounds;
  lists: string[];
}

interface Vector {
  name: string;
  expect: string;
  organisation?: string;
  organisation_name?: string;
  cas: VectorAuthority[];
  chain: string[];
  usage: "sign" | "encrypt";
  now: number;
}

const read = <T>(file: string) =>
  JSON.parse(readFileSync(new URL(`../../../crypto/vectors/certificates/${file}.json`, import.meta.url), "utf8")) as T[];
const vectors = ["chains", "paths", "rules", "lists", "sm2"].flatMap((file) => read<Vector>(file));
const bytes = (base64: string): Bytes => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const authority = ({ id, root, rules, revocation }: VectorAuthority): Authority => ({ id, root: bytes(root), rules, revocation });
const configured = (cas: VectorAuthority[]) => cas.flatMap(({ crls }) => crls ?? []).map(bytes);
const listsBy = (cas: VectorAuthority[]) => [...readLists(configured(cas)).values()];
/** Every list that these authorities are configured with can be read. */
const isWhole = ({ cas }: Vector) => configured(cas).every((list) => readLists([list]).size === 1);

describe("certificate chains", () => {
  // Those of SM2 are asked of a module that is loaded first.
  beforeAll(() => loadSuite("gm"));

  it.each(vectors.filter(isWhole))("$name: $expect", async (vector) => {
    const lists = listsBy(vector.cas);
    const judged = judge(vector.chain.map(bytes), vector.cas.map(authority), vector.now, vector.usage, [], { lists });
    if (vector.expect === "accepted") {
      const { organisation, name } = await judged;
      expect(organisation).toBe(vector.organisation);
      expect(name ?? "").toBe(vector.organisation_name);
    } else await expect(judged).rejects.toMatchObject({ code: vector.expect });
  });

  it.each(vectors.filter((vector) => !isWhole(vector)))("$name: is not read here either", ({ expect: outcome }) => {
    // Whoever is configured with such a list believes nobody by it. A page is
    // configured with none, and leaves one out that was kept: see kept.json.
    expect(outcome).toBe("certificate-crl-broken");
  });

  it("are judged without any list where none is asked", async () => {
    const revoked = vectors.find(({ expect }) => expect === "certificate-revoked")!;
    await judge(revoked.chain.map(bytes), revoked.cas.map(authority), revoked.now, revoked.usage);
  });

  it("are believed only by roots of one's own, under the platform's name for them", async () => {
    const vector = vectors[0]!;
    const root = bytes(vector.cas[0]!.root);
    const { digest } = parseCertificate(root);
    expect(authoritiesOf([root], [{ id: "gdca", root: digest }])).toEqual([{ id: "gdca", root }]);
    expect(authoritiesOf([root], [{ id: "gdca", root: "00".repeat(32) }])).toEqual([]);
    await expect(judge(vector.chain.map(bytes), [], vector.now, "sign")).rejects.toMatchObject({ code: "certificate-unknown-issuer" });
  });
});

describe("judgements that are made again", () => {
  it.each(read<KeptVector>("kept"))("$name: $expect", async ({ expect: outcome, ca, chain, grounds, lists }) => {
    const judge = judgeBy([authority(ca)], readLists(lists.map(bytes)));
    const kept = { added: (grounds.added ?? []).map(bytes), lists: listsOf(grounds), bridged: grounds.bridged };
    const judged = Promise.resolve(judge.judge(chain.map(bytes), grounds.at, "sign", kept));
    if (outcome === "accepted") await judged;
    else await expect(judged).rejects.toMatchObject({ code: outcome });
  });
});

describe("pairs of certificates", () => {
  interface Pair {
    name: string;
    expect: string;
    organisation?: string;
    cas: VectorAuthority[];
    sign: string[];
    encrypt: string[];
    now: number;
  }

  it.each(read<Pair>("pairs"))("$name: $expect", async (pair) => {
    const [authorities, lists] = [pair.cas.map(authority), listsBy(pair.cas)];
    const judged = (async () => {
      const sign = await judge(pair.sign.map(bytes), authorities, pair.now, "sign", [], { lists });
      const encrypt = await judge(pair.encrypt.map(bytes), authorities, pair.now, "encrypt", [], { lists });
      return [sign.organisation, encrypt.organisation];
    })();
    if (pair.expect === "accepted") expect(await judged).toEqual([pair.organisation, pair.organisation]);
    else if (pair.expect === "certificate-different-organisations") {
      const [sign, encrypt] = await judged;
      expect(sign).not.toBe(encrypt);
    } else await expect(judged).rejects.toMatchObject({ code: pair.expect });
  });
});

describe("credit codes", () => {
  it("are held against their check character", () => {
    expect(isOrganisationCode("91350100M000100Y43")).toBe(true);
    expect(isOrganisationCode("91350100M000100Y44")).toBe(false);
    expect(isOrganisationCode("91350100M000100Y4")).toBe(false);
  });
});
