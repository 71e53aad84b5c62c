/** A key certified by a custodian's agent under a standing authorisation (docs/spec/terms.md, 9). */
import { beforeAll, describe, expect, it } from "vitest";
import { checkTerms, parseTerms } from "@/crypto/bid";
import { composeAct, actDigest } from "@/crypto/bid/act";
import { canonical } from "@/crypto/bid/canonical";
import { base64 } from "@/crypto/bid/encoding";
import type { Bytes, Judge, Millis } from "@/crypto/bid/types";
import type { AcceptedAct, ActBody, Grounds } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { lowS } from "@/crypto/bid/act";
import { vectors } from "./vectors";

const { cases } = vectors<{ cases: { terms: string; now: Millis }[] }>("terms/terms.json");
const DAY = 86_400_000;
const { terms, now } = cases[0]!;
const plain = JSON.parse(terms);
const { origin } = plain.trust;
const [own] = plain.custodians;
const host = plain.officials.tenderer.organisation;
const AT = now - 1_000;

let certificate: CryptoKeyPair;
let agent: CryptoKeyPair;
let agentKey: string;
let judge: Judge;

beforeAll(async () => {
  certificate = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"])) as CryptoKeyPair;
  agent = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  agentKey = base64(new Uint8Array(await crypto.subtle.exportKey("raw", agent.publicKey)));
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", certificate.publicKey)) as Bytes;
  // Whom the certificates of the vectors are of is judged elsewhere; here each custodian's act is signed by one key.
  judge = { judge: async () => ({ organisation: own.organisation, name: own.name, spki }) } as unknown as Judge;
});

async function byCertificate(project: string, body: ActBody, at: Millis): Promise<AcceptedAct> {
  const composed = composeAct({ origin, project }, body);
  const value = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, certificate.privateKey, composed.message);
  const signature = {
    algorithm: "ecdsa-p256-sha256" as const,
    value: base64(lowS(new Uint8Array(value))),
    chain: [base64(new Uint8Array(8))],
  };
  return { body: composed.body, signature, grounds: { ca: "ca", at, path: [], crls: [] } as Grounds };
}

async function byAgent(project: string, body: ActBody): Promise<AcceptedAct> {
  const composed = composeAct({ origin, project }, body);
  const value = await crypto.subtle.sign("Ed25519", agent.privateKey, composed.message);
  return { body: composed.body, signature: { algorithm: "ed25519", value: base64(new Uint8Array(value)), chain: [] } };
}

interface Change {
  body?: Record<string, unknown>;
  /** Where the authorisation counts. */
  project?: string;
  at?: Millis;
  judged?: Millis;
  key?: Record<string, unknown>;
  /** Of the terms' custodian. */
  custodian?: Record<string, unknown>;
  grounds?: boolean;
  by?: "certificate";
}

async function outcome(change: Change = {}): Promise<string> {
  const authorisation = { act: "authorise-agent", agent: agentKey, from: AT - DAY, until: AT + DAY, ...change.body };
  const act = await byCertificate(change.project ?? "", authorisation, change.judged ?? AT - 1);
  const body = { act: "certify-key", agent: agentKey, authorisation: actDigest(act.body), key: own.key, ...change.key };
  const certified = change.by ? await byCertificate(plain.project, body, AT) : await byAgent(plain.project, body);
  if (change.grounds) certified.grounds = act.grounds!;
  const mine = { ...own, agent: agentKey, certified, authorised: { act, at: change.at ?? AT }, ...change.custodian };
  // The others certified as ever, by the same judge's leave.
  const others = await Promise.all(
    plain.custodians.slice(1).map(async (it: { key: string; agent?: string }) => ({
      ...it,
      organisation: own.organisation,
      certified: await byCertificate(plain.project, { act: "certify-key", key: it.key, ...(it.agent ? { agent: it.agent } : {}) }, AT),
    })),
  );
  const text = canonical({ ...plain, custodians: [mine, ...others.map((it, at) => ({ ...it, ...plainOf(at + 1) }))] });
  try {
    await checkTerms(parseTerms(text), judgeFor(), now);
    return "accepted";
  } catch (error) {
    if (!(error instanceof CryptoFailure)) throw error;
    return `${error.code} ${error.params?.["reason"] ?? ""}`.trim();
  }
}

const plainOf = (at: number) => ({ organisation: plain.custodians[at].organisation, name: plain.custodians[at].name });

/** Each custodian's act comes in the order of the terms. */
function judgeFor(): Judge {
  let asked = 0;
  return {
    judge: async (...given: Parameters<Judge["judge"]>) => {
      const holder = await judge.judge(...given);
      const custodian = plain.custodians[Math.min(Math.floor(asked / 2), plain.custodians.length - 1)];
      asked += 1;
      return { ...holder, organisation: custodian.organisation, name: custodian.name };
    },
  } as Judge;
}

describe("a key that an agent certified", () => {
  it("is believed under an authorisation of its organisation, for all hosts or for this one", async () => {
    expect(await outcome()).toBe("accepted");
    expect(await outcome({ body: { hosts: [host] } })).toBe("accepted");
    // What counts is the time of the certification, whatever is over when somebody seals.
    expect(await outcome({ body: { until: AT + 1 } })).toBe("accepted");
    expect(await outcome({ body: { from: AT, until: AT + 366 * DAY } })).toBe("accepted");
  });

  it("is not where the authorisation is not for it", async () => {
    const refused: [string, Change][] = [
      ["signature-invalid", { project: plain.project }],
      ["not-then", { at: AT - 2 * DAY, judged: AT - 3 * DAY }],
      ["not-then", { body: { until: AT } }],
      ["not-then", { judged: AT + 1 }],
      ["too-early", { at: now + 120_001, body: { until: now + DAY } }],
      ["authorisation-form", { body: { until: AT - DAY + 366 * DAY + 1 } }],
      ["authorisation-form", { body: { until: AT - DAY } }],
      ["authorisation-form", { body: { hosts: [] } }],
      ["authorisation-form", { body: { hosts: [host, host] } }],
      ["authorisation-form", { body: { agent: "AAAA" } }],
      ["other-host", { body: { hosts: [plain.officials.supervisor.organisation] } }],
      ["other-agent", { custodian: { agent: base64(new Uint8Array(32)) } }],
      ["other", { body: { act: "revoke-agent" } }],
      ["other", { body: { more: 1 } }],
    ];
    for (const [reason, change] of refused) expect([change, await outcome(change)]).toEqual([change, `terms-authorisation ${reason}`]);
  });

  it("is not where the agent did not certify this key, here, under it", async () => {
    const refused: [string, Change][] = [
      ["other", { key: { key: plain.custodians[1].key } }],
      ["other", { key: { authorisation: "00".repeat(32) } }],
      ["other", { key: { agent: base64(new Uint8Array(32)) } }],
      ["other", { by: "certificate" }],
      ["other", { grounds: true }],
    ];
    for (const [reason, change] of refused) expect([change, await outcome(change)]).toEqual([change, `terms-custodian ${reason}`]);
  });

  it("is none of a custodian that the terms do not call authorised", async () => {
    expect(await outcome({ by: "certificate", custodian: { authorised: undefined } })).toBe("terms-custodian other");
  });
});
