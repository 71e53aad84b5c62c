import { expect, it } from "vitest";
import { amended, canonical, differs, type Fetched, followsDraft, termsDigest } from "./terms";
import { sheetOf, usualPolicy } from "./presets";
import type { LotDraft, SealingTerms, View } from "./types";

const custodian = (x: number, code: string) => ({
  x,
  organisation: code,
  name: `单位${code}`,
  key: `k${code}`,
  certified: { body: "{}" },
});
const draft: LotDraft = {
  title: "标段",
  schema: sheetOf("works"),
  release: 2,
  policy: usualPolicy(),
  custodians: ["A", "B", "C"].map((code) => ({ name: `单位${code}`, organisation: code })),
};
const terms = {
  version: 1,
  project: "p",
  lot: "1",
  number: 1,
  suite: "intl",
  envelopes: 1,
  schema: draft.schema,
  custodians: [custodian(1, "A"), custodian(2, "B"), custodian(3, "C")],
  release: 2,
  policy: draft.policy,
  officials: { tenderer: { name: "甲", organisation: "A" } },
  trust: {},
} as unknown as SealingTerms;

it("writes JSON with members in their order, and leaves out what is undefined", () => {
  expect(canonical({ b: [1, "é\n"], a: { d: undefined, c: null } })).toBe('{"a":{"c":null},"b":[1,"é\\n"]}');
});

it("reckons the digest of terms with its label", async () => {
  expect(await termsDigest("{}")).toMatch(/^[0-9a-f]{64}$/);
  expect(await termsDigest("{}")).not.toBe(await termsDigest("{ }"));
});

it("sees whether terms about to be signed are the draft's", () => {
  expect(followsDraft(terms, draft)).toBe(true);
  expect(followsDraft(terms, { ...draft, release: 3 })).toBe(false);
  const fetched = { lot: "1", text: "", digest: "", terms } as Fetched;
  const view = { officials: terms.officials, draft: { lots: { "1": draft } } } as unknown as View;
  expect(differs(fetched, "p", view)).toBeUndefined();
  expect(differs(fetched, "q", view)).toBe("place");
  expect(differs({ ...fetched, terms: { ...terms, custodians: terms.custodians.slice(1) } }, "p", view)).toBe("draft");
});

it("numbers amended terms on, and finds each custodian's certified key", () => {
  const next = amended(terms, { ...draft, release: 2, rescue: 3, custodians: draft.custodians.slice().reverse() }, terms.custodians);
  expect(next).toMatchObject({
    number: 2,
    rescue: 3,
    custodians: [
      { x: 1, key: "kC" },
      { x: 2, key: "kB" },
      { x: 3, key: "kA" },
    ],
  });
  const stranger = { name: "新单位", organisation: "Z" };
  expect(amended(terms, { ...draft, custodians: [stranger] }, terms.custodians)).toEqual({ missing: "新单位" });
});
