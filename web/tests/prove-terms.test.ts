/** What is proved before a secret leaves: each condition broken by itself is refused by its own code. */
import { beforeAll, describe, expect, it } from "vitest";
import { checkPublication, checkTerms, parseTerms, sealTerms, type CryptoFailure, type Terms } from "@/crypto/bid";
import { canonical } from "@/crypto/bid/canonical";
import { base64 } from "@/crypto/bid/encoding";
import { pointIn } from "@/crypto/suite/intl/p256";
import type { AcceptedAct } from "@/crypto/contract";
import { CODES, NOW, PROJECT, T0, begin, content, judge, own, people, person, sign, terms, type Person } from "./proving";
import { codeOf } from "./vectors";

beforeAll(() => begin());

describe("sealing terms", () => {
  const changed = (change: (copy: any) => void) => {
    const copy = structuredClone(content);
    change(copy);
    return parseTerms(canonical(copy));
  };
  const refusal = (some: () => Terms, asked?: { project: string; lot: string }) =>
    Promise.resolve()
      .then(some)
      .then((terms) => checkTerms(terms, judge, NOW, asked))
      .then(() => "accepted", codeOf);

  it("tell which custodian's certificate has ended since it certified its key", async () => {
    expect(await checkTerms(terms, judge, T0)).toEqual([]);
    expect(await checkTerms(terms, judge, NOW)).toEqual(
      ["tenderer", "centre", "supervisor"].map((name) => ({ code: "custodian-since", params: { name, reason: "certificate-expired" } })),
    );
    const late = changed((it) => (it.custodians[1].certified.grounds.at = T0 + 2000));
    await expect(checkTerms(late, judge, NOW)).rejects.toMatchObject({
      code: "terms-custodian",
      params: { reason: "certificate-expired" },
    });
    await expect(checkTerms(terms, judge, T0 - 240_000)).rejects.toMatchObject({ params: { reason: "too-early" } });
  });

  it("are believed when everything holds", async () => {
    expect(await refusal(() => terms, { project: PROJECT, lot: "1" })).toBe("accepted");
    expect(sealTerms(terms, false)).toMatchObject({ release: 2, rescue: null, digest: terms.digest });
  });

  it("are refused in any other spelling, and with any member more or less", async () => {
    const json = canonical(content);
    for (const other of [
      `${json}\n`,
      ` ${json}`,
      json.replace('"lot":"1"', '"lot":"1","luck":1'),
      json.replace('"number":1,', ""),
      json.replace('"quorum":0', '"quorum":0.0'),
      json.replace('"quorum":0', '"quorum":0,"tsas":[]'),
    ])
      expect(await refusal(() => parseTerms(other)), other.slice(-60)).toBe("terms-malformed");
    expect(await refusal(() => parseTerms(json.replace('"money"', '"gold"').replace('{"text":{"max":100}}', '"gold"')))).toBe(
      "terms-malformed",
    );
  });

  it.each<[string, string, (copy: any) => void]>([
    ["terms-version", "another version", (it) => (it.version = 2)],
    ["terms-version", "a suite that nobody knows", (it) => (it.suite = "sm")],
    ["terms-platform-key", "another suite, without a certificate of SM2", (it) => (it.suite = "gm")],
    ["terms-log", "a quorum without a log", (it) => (it.trust.quorum = 1)],
    ["terms-thresholds", "no majority", (it) => (it.release = 1)],
    ["terms-thresholds", "more than there are", (it) => (it.release = 4)],
    ["terms-thresholds", "a rescue no harder than a release", (it) => (it.rescue = 2)],
    ["terms-thresholds", "a rescue by more than there are", (it) => (it.rescue = 4)],
    ["terms-thresholds", "custodians out of order", (it) => it.custodians.reverse()],
    ["terms-platform-key", "a key that is none", (it) => (it.trust.statement_key = "AAAA")],
    ["terms-custodian", "a key that another certified", (it) => (it.custodians[0].certified = it.custodians[1].certified)],
    ["terms-custodian", "an organisation that is not the signer's", (it) => (it.custodians[0].organisation = people.bidder.organisation)],
    ["terms-custodian", "a key that was not certified", (it) => (it.custodians[0].key = base64(pointIn(own.spki)!))],
    ["terms-same-key", "a key that stands twice", (it) => (it.custodians[0].key = it.custodians[1].key)],
    ["terms-custodian", "an agent that was not certified", (it) => (it.custodians[0].agent = it.trust.receipt_key)],
    [
      "terms-one-side",
      "a single custodian",
      (it) => {
        it.custodians.length = 1;
        it.release = 1;
        delete it.rescue;
      },
    ],
    [
      "terms-one-side",
      "a tenderer and its agency together",
      (it) => (it.officials.agency = { name: "agency", organisation: it.custodians[1].organisation }),
    ],
  ])("are refused (%s) for %s", async (code, _, change) => expect(await refusal(() => changed(change))).toBe(code));

  it("are refused when they are for another lot, or a custodian's certificate is not believed", async () => {
    expect(await refusal(() => terms, { project: PROJECT, lot: "2" })).toBe("terms-elsewhere");
    const stranger = await person(CODES.tenderer, "nobody");
    const { key } = content.custodians[0]!;
    const certified = await sign(stranger, { act: "certify-key", key });
    await expect(
      checkTerms(
        changed((it) => (it.custodians[0].certified = certified)),
        judge,
        NOW,
      ),
    ).rejects.toMatchObject({
      code: "terms-custodian",
      params: { name: "tenderer", reason: "certificate-unknown-issuer" },
    });
  });

  it("are vouched for by the host's own publication or amendment, and by nothing else", async () => {
    const publish = (who: Person, digest: string) => sign(who, { act: "publish", terms: { "1": digest }, t0: T0 });
    const outcome = async (act: AcceptedAct) =>
      checkPublication(terms, act, judge).then(
        () => "accepted",
        (error: CryptoFailure) => String(error.params?.["reason"]),
      );
    expect(await outcome(await publish(people.tenderer, terms.digest))).toBe("accepted");
    expect(await outcome(await sign(people.tenderer, { act: "amend", lot: "1", draft: {}, terms: terms.digest, reason: "x" }))).toBe(
      "accepted",
    );
    expect(await outcome(await sign(people.tenderer, { act: "amend", lot: "2", draft: {}, terms: terms.digest, reason: "x" }))).toBe(
      "other-terms",
    );
    expect(await outcome(await publish(people.tenderer, "0".repeat(64)))).toBe("other-terms");
    expect(await outcome(await publish(people.centre, terms.digest))).toBe("not-host");
    const act = await publish(people.tenderer, terms.digest);
    expect(await outcome({ body: act.body })).toBe("act-unsigned");
    expect(await outcome({ ...act, body: act.body.replace(`${T0}`, `${T0 + 1}`) })).toBe("signature-invalid");
    expect(await outcome({ ...act, grounds: { ...act.grounds!, at: T0 + 2000 } })).toBe("certificate-expired");
    const { grounds: _, ...bare } = act;
    expect(await outcome(bare)).toBe("act-no-grounds");
  });
});
