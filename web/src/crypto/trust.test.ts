import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Bytes } from "./bid/types";
import { isOrganisationCode } from "./bid/organisation";
import { authoritiesOf, judge } from "./trust";
import type { Rules } from "./rules";
import { parseCertificate } from "./x509";

interface Configured {
  id: string;
  root: string;
  intermediates?: string[];
  rules: Rules;
}

interface Vector {
  name: string;
  expect: string;
  organisation?: string;
  organisation_name?: string;
  cas: Configured[];
  chain: string[];
  usage: "sign" | "encrypt";
  now: number;
}

function read<T>(file: string): T[] {
  return JSON.parse(readFileSync(new URL(`../../../crypto/vectors/certificates/${file}.json`, import.meta.url), "utf8")) as T[];
}

const vectors = ["chains", "paths", "rules", "lists"].flatMap((file) => read<Vector>(file));
const bytes = (base64: string): Bytes => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const believed = (cas: Configured[]) => cas.map(({ id, root, rules }) => ({ id, root: bytes(root), rules }));
/** A page has no revocation lists: the platform asks them. */
const byList = (vector: Vector) => vector.expect === "certificate-revoked" || vector.expect.startsWith("certificate-crl-");

describe("certificate chains", () => {
  it.each(vectors.filter((vector) => !byList(vector)))("$name: $expect", async (vector) => {
    const authorities = believed(vector.cas);
    const judged = judge(vector.chain.map(bytes), authorities, vector.now, vector.usage);
    if (vector.expect === "accepted") {
      const { organisation, name } = await judged;
      expect(organisation).toBe(vector.organisation);
      expect(name ?? "").toBe(vector.organisation_name);
    } else await expect(judged).rejects.toMatchObject({ code: vector.expect });
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

describe("pairs of certificates", () => {
  interface Pair {
    name: string;
    expect: string;
    organisation?: string;
    cas: Configured[];
    sign: string[];
    encrypt: string[];
    now: number;
  }

  it.each(read<Pair>("pairs").filter(({ expect }) => expect !== "certificate-revoked"))("$name: $expect", async (pair) => {
    const authorities = believed(pair.cas);
    const judged = (async () => {
      const sign = await judge(pair.sign.map(bytes), authorities, pair.now, "sign");
      const encrypt = await judge(pair.encrypt.map(bytes), authorities, pair.now, "encrypt");
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
