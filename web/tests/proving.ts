/** People, keys and terms of a made-up lot, for tests of what is proved before a secret leaves. */
import {
  MemorySink,
  composeAct,
  lowS,
  parseTerms,
  readKbid,
  recipients,
  seal,
  sealTerms,
  CryptoFailure,
  type Bytes,
  type Header,
  type Judge,
  type OpeningKey,
  type SealingTerms,
  type Terms,
} from "@/crypto/bid";
import { canonical } from "@/crypto/bid/canonical";
import { base64, hex, text, utf8 } from "@/crypto/bid/encoding";
import { message } from "@/crypto/bid/act";
import { completeOrganisationCode } from "@/crypto/bid/organisation";
import { pointIn } from "@/crypto/suite/intl/p256";
import { leafHash, nodeHash } from "@/crypto/bid/tree";
import type { AcceptedAct, ActBody } from "@/crypto/contract";

export const PROJECT = "01935b7e-8f00-7000-8000-000000000001";
const ORIGIN = "bid.example.cn";
export const PLACE = { origin: ORIGIN, project: PROJECT };
export const T0 = 1_795_312_800_000;
export const NOW = T0 + 60_000;

export interface Person {
  organisation: string;
  key: CryptoKeyPair;
  /** A certificate that says who holds it: judging is tried elsewhere. */
  certificate: Bytes;
}

export async function person(code: string, issuer = "demo"): Promise<Person> {
  const key = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"])) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", key.publicKey));
  return { organisation: code, key, certificate: utf8(canonical({ code, issuer, spki: hex(spki), until: T0 + 1000 })) };
}

export const judge: Judge = {
  judge: (chain, at) => {
    const { code, issuer, spki, until } = JSON.parse(text(chain[0]!)!) as { code: string; issuer: string; spki: string; until: number };
    if (issuer === "nobody") throw new CryptoFailure("certificate-unknown-issuer");
    if (at > until) throw new CryptoFailure("certificate-expired");
    const name = Object.entries(CODES).find(([, it]) => it === code)?.[0];
    return { organisation: code, name, spki: new Uint8Array(Buffer.from(spki, "hex")), notAfter: until };
  },
};

/** An act that was accepted at that time: before everybody's certificate ends, which is before anybody looks again. */
export async function sign(who: Person, body: ActBody, at = T0 + 500): Promise<AcceptedAct> {
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

export const CODES = {
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

export let people: Record<keyof typeof CODES, Person>;
export let keys: OpeningKey[];
export let own: OpeningKey;
export let platform: { statement: CryptoKeyPair; receipt: CryptoKeyPair };
export let content: SealingTerms;
export let terms: Terms;

async function raw(key: CryptoKeyPair): Promise<string> {
  return base64(new Uint8Array(await crypto.subtle.exportKey("raw", key.publicKey)));
}

export async function state(key: CryptoKeyPair, act: string, statement: object): Promise<{ body: string; signature: string }> {
  const body = canonical({ act, nonce: "0".repeat(32), statement });
  const signature = await crypto.subtle.sign("Ed25519", key.privateKey, message(act, ORIGIN, PROJECT, utf8(body)));
  return { body, signature: base64(new Uint8Array(signature)) };
}

/** Of up to four leaves: enough for every proof needed here. */
export const leaves = ["a", "b", "c"].map((shell) => leafHash(utf8(shell)));
const left = nodeHash(leaves[0]!, leaves[1]!);
export const root2 = hex(left);
export const root3 = hex(nodeHash(left, leaves[2]!));

export async function sealOne(note: string, rescued: boolean): Promise<Header> {
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

/** Makes people, keys, terms: with what the terms say of the public log. */
export async function begin(log: Partial<SealingTerms["trust"]> = {}): Promise<void> {
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
    trust: { origin: ORIGIN, statement_key: await raw(platform.statement), receipt_key: await raw(platform.receipt), quorum: 0, ...log },
  };
  terms = parseTerms(canonical(content));
}
