/** What is proved before a secret leaves: each condition broken by itself is refused by its own code. */
import { beforeAll, describe, expect, it } from "vitest";
import { auditStatements, parseTerms, release, type ReleaseOrder } from "@/crypto/bid";
import { canonical } from "@/crypto/bid/canonical";
import { utf8 } from "@/crypto/bid/encoding";
import { digestOf } from "@/crypto/bid/hash";
import { goesOnWith } from "@/crypto/bid/terms";
import { NOW, T0, content, own, root3, terms } from "./proving";
import { beginRelease, headers, order, view } from "./proving-release";
import { vectors } from "./vectors";

describe("before a custodian releases", () => {
  beforeAll(() => beginRelease());

  it("every step is done, and exactly the accepted bids are answered", async () => {
    const list = await release(order);
    expect(list.failure).toBeUndefined();
    const { body, secrets, released, x } = list.value!;
    expect(x).toBe(2);
    expect(body).toMatchObject({ act: "release", lot: "1", accepted: digestOf(utf8(order.view.accepted.body)) });
    const shares = body["shares"] as { bid: string; share: string; x: number }[];
    expect(shares.map(({ bid }) => bid)).toEqual(headers.map(({ bid }) => bid).sort());
    expect(shares.map(({ share }) => share)).toEqual(secrets.map((secret) => digestOf(new Uint8Array(Buffer.from(secret, "base64")))));
    expect((await release({ ...order, before: released })).failure).toBeUndefined();
    expect(list.steps[0]?.notes?.map(({ code }) => code)).toEqual(["custodian-since", "custodian-since", "custodian-since"]);
  });

  it("what is not proved about another custodian is told and keeps nothing shut", async () => {
    const copy = structuredClone(content);
    copy.custodians[0]!.certified.grounds!.at = T0 + 2000;
    const list = await release({ ...order, terms: parseTerms(canonical(copy)) });
    expect(list.steps[0]?.notes?.map(({ code }) => code)).toEqual(["terms-custodian", "custodian-since", "custodian-since"]);
    // They are other terms than those of the bids.
    expect(list.value?.withheld.map(({ why }) => why.reason)).toEqual(["not-proved", "not-proved"]);
  });

  const at = (change: () => Promise<Partial<ReleaseOrder>> | Partial<ReleaseOrder>, step: string, code: string) => async () => {
    const list = await release({ ...order, ...(await change()) });
    expect(list.failure?.code).toBe(code);
    expect(list.steps.find(({ state }) => state === "failed")?.code).toBe(step);
  };
  it(
    "terms that are not believed are refused",
    at(() => ({ terms: parseTerms(canonical({ ...content, release: 1 })) }), "release-terms", "terms-thresholds"),
  );
  it(
    "another key than the terms' is refused",
    at(() => ({ key: own }), "release-place", "not-this-key"),
  );
  it(
    "a list with a bid that was not live is refused",
    at(async () => ({ view: await view({ lots: [{ bids: [headers[0]!.bid], lot: "1" }] }) }), "release-lists", "lists-disagree"),
  );
  it(
    "a list that names another closing is refused",
    at(async () => ({ view: await view({}, { closing: "0".repeat(64) }) }), "release-lists", "lists-disagree"),
  );
  it(
    "a list before T0 is refused",
    at(async () => ({ view: await view({}, { at: T0 - 1 }) }), "release-lists", "lists-disagree"),
  );
  it(
    "a smaller tree is refused",
    at(async () => ({ view: await view({}, { size: 1 }) }), "release-lists", "lists-disagree"),
  );
  it(
    "another lot's list is refused",
    at(
      async () => ({ view: await view({ lots: [{ bids: headers.map(({ bid }) => bid).sort(), lot: "2" }] }, { lot: "2" }) }),
      "release-lists",
      "lists-other-lot",
    ),
  );
  it(
    "a tree that was rewritten is refused",
    at(async () => ({ view: await view({ root: root3 }) }), "release-continues", "tree-rewritten"),
  );
  it(
    "a clock before T0 is refused",
    at(() => ({ now: T0 - 1 }), "release-clock", "too-early"),
  );
  it(
    "a list fixed far in the future is refused",
    at(async () => ({ view: await view({}, { at: NOW + 120_001 }) }), "release-clock", "too-early"),
  );
  it("fewer bids than the minimum are refused where the terms let the lot fail for it, and only there", async () => {
    const few = await view({}, { bids: [headers[0]!.bid] });
    expect((await release({ ...order, view: few })).value?.secrets).toHaveLength(1);
    const fails = parseTerms(canonical({ ...content, policy: { ...content.policy, fails_after_unlock: true } }));
    expect((await release({ ...order, terms: fails, view: few })).failure?.code).toBe("below-minimum");
    expect((await release({ ...order, view: await view({}, { bids: [] }) })).failure?.code).toBe("below-minimum");
  });

  it("goes on with few bids exactly where the platform does", () => {
    const cases = vectors<{ minimum: number; fails_after_unlock: boolean; bids: number; goes_on: boolean }[]>("rules/goes-on.json");
    for (const { bids, goes_on, ...policy } of cases) expect(goesOnWith(policy, bids), JSON.stringify(policy)).toBe(goes_on);
  });

  it(
    "a second set of one lot is refused, whatever it is",
    at(async () => ({ before: { ...(await release(order)).value!.released, bids: [headers[0]!.bid] } }), "release-once", "released-other"),
  );

  it("whoever watches can check the lists too", async () => {
    const { closing, accepted, consistency } = order.view;
    const list = await auditStatements({ terms, closing, accepted, consistency, now: NOW });
    expect(list.value).toEqual({
      closing: digestOf(utf8(closing.body)),
      accepted: digestOf(utf8(accepted.body)),
      at: T0,
      bids: headers.map(({ bid }) => bid).sort(),
    });
    expect((await auditStatements({ terms, closing, accepted, consistency: [], now: NOW })).failure?.code).toBe("tree-rewritten");
  });
});
