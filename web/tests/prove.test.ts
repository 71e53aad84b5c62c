/** What is proved before a secret leaves: each condition broken by itself is refused by its own code. */
import { beforeAll, describe, expect, it } from "vitest";
import {
  MemorySink,
  auditStatements,
  beforeUnlock,
  checkPublication,
  checkTerms,
  composeAct,
  lowS,
  parseTerms,
  readKbid,
  recipients,
  release,
  rescue,
  seal,
  sealTerms,
  CryptoFailure,
  type AcceptedView,
  type Bytes,
  type Header,
  type Judge,
  type OpeningKey,
  type ReleaseOrder,
  type SealingTerms,
  type Terms,
} from "@/crypto/bid";
import { canonical } from "@/crypto/bid/canonical";
import { answersOf } from "@/crypto/bid/answers";
import { base64, hex, text, utf8 } from "@/crypto/bid/encoding";
import { message } from "@/crypto/bid/act";
import { digestOf } from "@/crypto/bid/hash";
import { completeOrganisationCode } from "@/crypto/bid/organisation";
import { goesOnWith } from "@/crypto/bid/terms";
import { pointIn } from "@/crypto/suite/intl/p256";
import { leafHash, nodeHash } from "@/crypto/bid/tree";
import type { AcceptedAct, ActBody, UnlockRequest } from "@/crypto/contract";
import { codeOf, vectors } from "./vectors";

const PROJECT = "01935b7e-8f00-7000-8000-000000000001";
const ORIGIN = "bid.example.cn";
const PLACE = { origin: ORIGIN, project: PROJECT };
const T0 = 1_795_312_800_000;
const NOW = T0 + 60_000;

interface Person {
  organisation: string;
  key: CryptoKeyPair;
  /** A certificate that says who holds it: judging is tried elsewhere. */
  certificate: Bytes;
}

async function person(code: string, issuer = "demo"): Promise<Person> {
  const key = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"])) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", key.publicKey));
  return { organisation: code, key, certificate: utf8(canonical({ code, issuer, spki: hex(spki), until: T0 + 1000 })) };
}

const judge: Judge = {
  judge: (chain, at) => {
    const { code, issuer, spki, until } = JSON.parse(text(chain[0]!)!) as { code: string; issuer: string; spki: string; until: number };
    if (issuer === "nobody") throw new CryptoFailure("certificate-unknown-issuer");
    if (at > until) throw new CryptoFailure("certificate-expired");
    return { organisation: code, spki: new Uint8Array(Buffer.from(spki, "hex")), notAfter: until };
  },
};

/** An act that was accepted at that time: before everybody's certificate ends, which is before anybody looks again. */
async function sign(who: Person, body: ActBody, at = T0 + 500): Promise<AcceptedAct> {
  const act = composeAct(PLACE, body);
  const raw = new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, who.key.privateKey, act.message));
  const grounds = { at, ca: "demo", crls: [], path: [] };
  return {
    body: act.body,
    signature: { algorithm: "ecdsa-p256-sha256", value: base64(lowS(raw)), chain: [base64(who.certificate)] },
    grounds,
  };
}

async function ecdh(): Promise<OpeningKey> {
  const pair = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"])) as CryptoKeyPair;
  return { kind: "p-256", spki: new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)), key: pair.privateKey };
}

const CODES = {
  tenderer: "91350100M000100Y43",
  centre: completeOrganisationCode("12350100400002259"),
  supervisor: completeOrganisationCode("11350100003591037"),
  bidder: completeOrganisationCode("91110000802100433"),
};
const STAYS = Object.fromEntries(
  [
    "checking",
    "starting",
    "window",
    "extensions",
    "rescue",
    "quorum",
    "releasing",
    "opening",
    "announcing",
    "confirming",
    "objections",
    "signing",
    "suspension",
  ].map((name) => [name, 60]),
);

let people: Record<keyof typeof CODES, Person>;
let keys: OpeningKey[];
let own: OpeningKey;
let platform: { statement: CryptoKeyPair; receipt: CryptoKeyPair };
let content: SealingTerms;
let terms: Terms;

async function raw(key: CryptoKeyPair): Promise<string> {
  return base64(new Uint8Array(await crypto.subtle.exportKey("raw", key.publicKey)));
}

async function state(key: CryptoKeyPair, act: string, statement: object): Promise<{ body: string; signature: string }> {
  const body = canonical({ act, nonce: "0".repeat(32), statement });
  const signature = await crypto.subtle.sign("Ed25519", key.privateKey, message(act, ORIGIN, PROJECT, utf8(body)));
  return { body, signature: base64(new Uint8Array(signature)) };
}

/** Of up to four leaves: enough for every proof needed here. */
const leaves = ["a", "b", "c"].map((shell) => leafHash(utf8(shell)));
const left = nodeHash(leaves[0]!, leaves[1]!);
const root2 = hex(left);
const root3 = hex(nodeHash(left, leaves[2]!));

async function sealOne(note: string, rescued: boolean): Promise<Header> {
  const sink = new MemorySink();
  await seal(
    {
      terms: sealTerms(terms, rescued),
      bidder: people.bidder.organisation,
      chain: [people.bidder.certificate],
      recipients: recipients(own.spki, [own.spki]),
      sheet: { open: { note }, kept: {} },
      documents: [],
      time: T0,
    },
    sink,
  );
  return readKbid(sink.blob());
}

beforeAll(async () => {
  const made = await Promise.all(Object.values(CODES).map((code) => person(code)));
  people = Object.fromEntries(Object.keys(CODES).map((name, at) => [name, made[at]!])) as typeof people;
  keys = await Promise.all([ecdh(), ecdh(), ecdh()]);
  own = await ecdh();
  const ed25519 = () => crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as Promise<CryptoKeyPair>;
  platform = { statement: await ed25519(), receipt: await ed25519() };
  const custodians = await Promise.all(
    (["tenderer", "centre", "supervisor"] as const).map(async (who, at) => {
      const key = base64(pointIn(keys[at]!.spki)!);
      return {
        x: at + 1,
        organisation: people[who].organisation,
        name: who,
        key,
        certified: await sign(people[who], { act: "certify-key", key }, T0 - 60_000),
      };
    }),
  );
  const named = (who: keyof typeof CODES) => ({ name: who, organisation: people[who].organisation });
  content = {
    version: 1,
    project: PROJECT,
    lot: "1",
    number: 1,
    suite: "intl",
    envelopes: 1,
    schema: { fields: [{ id: "note", label: "备注", type: { text: { max: 100 } }, required: true, public: true }], better: "low" },
    custodians,
    release: 2,
    rescue: 3,
    policy: {
      minimum: 2,
      fails_after_unlock: false,
      masked: false,
      reading: "received",
      stays: STAYS as unknown as SealingTerms["policy"]["stays"],
    },
    officials: { tenderer: named("tenderer"), centre: named("centre"), supervisor: named("supervisor") },
    trust: { origin: ORIGIN, statement_key: await raw(platform.statement), receipt_key: await raw(platform.receipt), quorum: 0 },
  };
  terms = parseTerms(canonical(content));
});

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
    ["terms-version", "another suite", (it) => (it.suite = "gm")],
    ["witnesses-unknown", "witnesses", (it) => (it.trust.quorum = 1)],
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

describe("before a bidder lets go of b", () => {
  let request: Omit<UnlockRequest, "keyfile">;
  let header: Header;

  beforeAll(async () => {
    header = await sealOne("one", false);
    const closing = { at: T0, lots: [{ bids: [header.bid], lot: "1" }], project: PROJECT, root: root2, shell_seq: 2, size: 2 };
    const receipt = { bid: header.bid, leaf: hex(leaves[0]!), lot: "1", project: PROJECT, received: T0 - 1000, tick: 0 };
    request = {
      place: PLACE,
      terms: canonical(content),
      header: header.bytes,
      bid: header.bid,
      now: NOW,
      closing: await state(platform.statement, "closing", closing),
      receipt: await state(platform.receipt, "receipt", receipt),
      inclusion: { index: 0, size: 2, leaf: hex(leaves[0]!), path: [hex(leaves[1]!)] },
    };
  });

  it("every step is done, in this order", async () => {
    const list = await beforeUnlock(request);
    expect(list.failure).toBeUndefined();
    expect(list.steps.map(({ code }) => code)).toEqual(
      ["header", "terms", "receipt", "closing", "clock", "list", "tree"].map((step) => `unlock-${step}`),
    );
  });

  const at = (change: () => Promise<Partial<typeof request>> | Partial<typeof request>, step: string, code: string) => async () => {
    const list = await beforeUnlock({ ...request, ...(await change()) });
    expect(list.failure?.code).toBe(code);
    expect(list.steps.find(({ state }) => state === "failed")?.code).toBe(step);
  };
  const closing = (change: object) =>
    state(platform.statement, "closing", {
      at: T0,
      lots: [{ bids: [header.bid], lot: "1" }],
      project: PROJECT,
      root: root2,
      shell_seq: 2,
      size: 2,
      ...change,
    });

  it(
    "another bid's header is refused",
    at(() => ({ bid: "0".repeat(64) }), "unlock-header", "other-bid"),
  );
  it(
    "terms it was not sealed under are refused",
    at(() => ({ terms: canonical({ ...content, number: 2 }) }), "unlock-terms", "terms-other"),
  );
  it(
    "another platform's name is refused",
    at(() => ({ place: { ...PLACE, origin: "other" } }), "unlock-terms", "terms-elsewhere"),
  );
  it(
    "a missing receipt is asked for",
    at(() => ({ receipt: undefined }), "unlock-receipt", "receipt-needed"),
  );
  it(
    "a receipt under another key is refused",
    at(
      async () => ({ receipt: await state(platform.statement, "receipt", JSON.parse(request.receipt!.body).statement) }),
      "unlock-receipt",
      "signature-invalid",
    ),
  );
  it(
    "a receipt of another bid is refused",
    at(
      async () => ({
        receipt: await state(platform.receipt, "receipt", { ...JSON.parse(request.receipt!.body).statement, bid: "0".repeat(64) }),
      }),
      "unlock-receipt",
      "receipt-other",
    ),
  );
  it(
    "a closing statement under another key is refused",
    at(
      async () => ({ closing: await state(platform.receipt, "closing", JSON.parse(request.closing.body).statement) }),
      "unlock-closing",
      "signature-invalid",
    ),
  );
  it(
    "a closing statement that was altered is refused",
    at(
      () => ({ closing: { ...request.closing, body: request.closing.body.replace(`${T0}`, `${T0 - 1}`) } }),
      "unlock-closing",
      "signature-invalid",
    ),
  );
  it(
    "a receipt in a closing's place is refused",
    at(() => ({ closing: request.receipt! }), "unlock-closing", "statement-elsewhere"),
  );
  it(
    "a clock before T0 is refused",
    at(() => ({ now: T0 - 1 }), "unlock-clock", "clock-before-t0"),
  );
  it(
    "a list without the bid is refused",
    at(async () => ({ closing: await closing({ lots: [{ bids: [header.bid], lot: "2" }] }) }), "unlock-list", "not-on-list"),
  );
  it(
    "a missing proof is asked for",
    at(() => ({ inclusion: undefined }), "unlock-tree", "proof-needed"),
  );
  it(
    "a proof for another tree is refused",
    at(async () => ({ closing: await closing({ root: root3, size: 3 }) }), "unlock-tree", "not-in-tree"),
  );
  it(
    "a proof that leads elsewhere is refused",
    at(() => ({ inclusion: { ...request.inclusion!, path: [hex(leaves[2]!)] } }), "unlock-tree", "not-in-tree"),
  );
});

describe("before a custodian releases", () => {
  let headers: Header[];
  let order: ReleaseOrder;

  const closingOf = () => ({
    at: T0,
    lots: [{ bids: headers.map(({ bid }) => bid).sort(), lot: "1" }],
    project: PROJECT,
    root: root2,
    shell_seq: 2,
    size: 2,
  });
  const view = async (closing: object = {}, accepted: object = {}): Promise<AcceptedView> => {
    const closed = await state(platform.statement, "closing", { ...closingOf(), ...closing });
    const fixed = {
      at: T0 + 30_000,
      bids: headers.map(({ bid }) => bid).sort(),
      closing: digestOf(utf8(closed.body)),
      lot: "1",
      project: PROJECT,
      root: root3,
      size: 3,
    };
    return {
      closing: closed,
      accepted: await state(platform.statement, "accepted", { ...fixed, ...accepted }),
      consistency: [hex(leaves[2]!)],
      bids: await Promise.all(
        headers.map(async ({ bid, bytes }) => ({ bid, header: base64(bytes), unlock: await unlockOf(people.bidder, bid) })),
      ),
    };
  };
  const unlockOf = (who: Person, bid: string, change: object = {}, accepted = T0 + 500) =>
    sign(who, { act: "unlock", bid, key: "1".repeat(64), lot: "1", ...change }, accepted);

  beforeAll(async () => {
    headers = await Promise.all([sealOne("one", true), sealOne("two", true)]);
    headers.sort((one, other) => (one.bid < other.bid ? -1 : 1));
    order = { terms, view: await view(), judge, now: NOW, key: keys[1]!, rescued: [] };
  });

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

  it("a bid whose wrap gives no share is said so, and keeps no other bid shut", async () => {
    const wrong = { ...order.key, key: keys[0]!.key };
    const list = await release({ ...order, key: wrong });
    expect(list.failure).toBeUndefined();
    expect(list.steps.at(-1)?.params).toEqual({ shares: 0, withheld: 2 });
    expect(list.value!.secrets).toEqual([]);
    const said = headers.map(({ bid, wraps }) => ({
      bid,
      why: { reason: "wrap-does-not-open", wrap: digestOf(wraps.release[1]!.value) },
    }));
    expect(list.value!.body["withheld"]).toEqual(said);
  });

  it("a wrap that opens on another share than the committed one is told with what was inside", async () => {
    const [first, second] = headers as [Header, Header];
    const ks = first.commitments.release;
    const bent = { ...first, commitments: { ...first.commitments, release: [ks[0]!, "0".repeat(64), ks[2]!] } };
    const wrap = digestOf(first.wraps.release[1]!.value);
    const good = await answersOf([{ bid: first.bid, header: first }], 2, order.key);
    const opened = good.shares[0]!.share;
    const proved = [bent, second].map((header) => ({ bid: header.bid, header }));
    const answers = await answersOf(proved, 2, order.key);
    expect(answers.shares.map(({ bid }) => bid)).toEqual([second.bid]);
    expect(answers.withheld).toEqual([{ bid: first.bid, why: { reason: "share-does-not-match", wrap, opened } }]);
  });

  const at = (change: () => Promise<Partial<ReleaseOrder>> | Partial<ReleaseOrder>, step: string, code: string) => async () => {
    const list = await release({ ...order, ...(await change()) });
    expect(list.failure?.code).toBe(code);
    expect(list.steps.find(({ state }) => state === "failed")?.code).toBe(step);
  };
  const bids = (change: (bid: AcceptedView["bids"][number]) => Promise<object> | object) => async () => {
    const [first, ...others] = order.view.bids;
    return { view: { ...order.view, bids: [{ ...first!, ...(await change(first!)) }, ...others] } };
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

  /** One bid is withheld for this cause, and the other one is released all the same. */
  const withholds = (change: () => Promise<Partial<ReleaseOrder>> | Partial<ReleaseOrder>, cause: string) => async () => {
    const list = await release({ ...order, ...(await change()) });
    expect(list.failure).toBeUndefined();
    expect(list.value!.withheld).toEqual([{ bid: headers[0]!.bid, why: { reason: "not-proved", cause } }]);
    expect(list.value!.secrets).toHaveLength(1);
  };
  const others = () => ({ view: { ...order.view, bids: order.view.bids.slice(1) } });
  it("a bid that is listed and not shown is withheld", withholds(others, "header"));
  it(
    "a bid with another bid's header is withheld",
    withholds(
      bids(() => ({ header: order.view.bids[1]!.header })),
      "header",
    ),
  );
  it(
    "a bid with a header that is none is withheld",
    withholds(
      bids(() => ({ header: "AAAA" })),
      "header",
    ),
  );
  it(
    "a bid without its bidder's unlock is withheld",
    withholds(
      bids(() => ({ unlock: null })),
      "unlock-missing",
    ),
  );
  it(
    "a bid whose unlock was altered is withheld",
    withholds(
      bids(({ unlock }) => ({ unlock: { ...unlock!, body: unlock!.body.replace('"lot":"1"', '"lot":"2"') } })),
      "unlock-unproved",
    ),
  );
  it(
    "a bid whose unlock another organisation signed is withheld",
    withholds(
      bids(async ({ bid }) => ({ unlock: await unlockOf(people.centre, bid) })),
      "unlock-other",
    ),
  );
  it(
    "a bid with an unlock of another bid is withheld",
    withholds(
      bids(async () => ({ unlock: await unlockOf(people.bidder, headers[1]!.bid) })),
      "unlock-other",
    ),
  );
  it(
    "a bid with an unlock for another lot is withheld",
    withholds(
      bids(async ({ bid }) => ({ unlock: await unlockOf(people.bidder, bid, { lot: "2" }) })),
      "unlock-other",
    ),
  );
  it(
    "a bid whose unlock is said to have been accepted long before T0 is withheld",
    withholds(
      bids(async ({ bid }) => ({ unlock: await unlockOf(people.bidder, bid, {}, T0 - 121_000) })),
      "unlock-unproved",
    ),
  );
  it(
    "a bid whose unlock is by a certificate that had ended is withheld",
    withholds(
      bids(async ({ bid }) => ({ unlock: await unlockOf(people.bidder, bid, {}, T0 + 2000) })),
      "unlock-unproved",
    ),
  );
  it(
    "a bid with an unlock of a member too many is withheld",
    withholds(
      bids(async ({ bid }) => ({ unlock: await unlockOf(people.bidder, bid, { x: 1 }) })),
      "unlock-other",
    ),
  );
  it(
    "a second set of one lot is refused, whatever it is",
    at(async () => ({ before: { ...(await release(order)).value!.released, bids: [headers[0]!.bid] } }), "release-once", "released-other"),
  );

  it("a rescued bid needs no unlock of whoever took part in the rescue", async () => {
    const change = await bids(() => ({ unlock: null }))();
    expect((await release({ ...order, ...change, rescued: [headers[0]!.bid] })).failure).toBeUndefined();
  });

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

  it("a rescue gives this custodian's share of b, for a bid on the closing list that wants one", async () => {
    const [header] = headers as [Header, Header];
    const orderOf = (who: Person, bid: string, change: object = {}) =>
      sign(who, { act: "order-rescue", lot: "1", party: "0".repeat(32), bid, reason: "x", ...change });
    const signed = await orderOf(people.supervisor, header.bid);
    const ordered = {
      terms,
      judge,
      closing: order.view.closing,
      order: signed,
      bid: header.bid,
      header: header.bytes,
      now: NOW,
      key: keys[2]!,
    };
    const list = await rescue(ordered);
    expect(list.failure).toBeUndefined();
    expect(list.value!.body).toMatchObject({ act: "rescue", lot: "1", share: { bid: header.bid, envelope: 0, x: 3 } });
    expect((await rescue({ ...ordered, now: T0 - 1 })).failure?.code).toBe("clock-before-t0");
    expect((await rescue({ ...ordered, bid: "0".repeat(64) })).failure?.code).toBe("not-on-list");
    expect((await rescue({ ...ordered, header: headers[1]!.bytes })).failure?.code).toBe("header-other-terms");
    expect((await rescue({ ...ordered, key: own })).failure?.code).toBe("not-this-key");
    for (const other of [
      await orderOf(people.centre, header.bid),
      await orderOf(people.supervisor, headers[1]!.bid),
      await orderOf(people.supervisor, header.bid, { lot: "2" }),
      { body: signed.body },
    ])
      expect((await rescue({ ...ordered, order: other })).failure?.code).toBe("order-unproved");
    const plain = await sealOne("three", false);
    const closing = await state(platform.statement, "closing", { ...closingOf(), lots: [{ bids: [plain.bid], lot: "1" }] });
    expect(
      (await rescue({ ...ordered, closing, order: await orderOf(people.supervisor, plain.bid), bid: plain.bid, header: plain.bytes }))
        .failure?.code,
    ).toBe("rescue-not-wanted");
  });
});
