/** The sealing terms by their form (docs/spec/terms.md, 1 and 4). */
import type { AcceptedAct } from "../contract";
import { isLot, isProject, organisation } from "./header";
import type { FieldType, Schema } from "./sheet";
import { Misshapen, array, boolean, bytes, digest, hexOf, integer, map, matching, object, oneOf, string, type Reader } from "./shape";
import type { Organisation } from "./types";

export interface Named {
  name: string;
  organisation: Organisation;
}

export interface Custodian {
  x: number;
  organisation: Organisation;
  name: string;
  /** Base64 of the uncompressed point. */
  key: string;
  /** Base64 of an Ed25519 key. */
  agent?: string;
  /** Its `certify-key`; where it is `authorised`, the agent's, which has no grounds. */
  certified: AcceptedAct;
  /** The organisation's `authorise-agent`, and when the agent's key was certified under it. */
  authorised?: { act: AcceptedAct; at: number };
}

export interface Stays {
  checking: number;
  starting: number;
  window: number;
  extensions: number;
  rescue: number;
  quorum: number;
  releasing: number;
  opening: number;
  announcing: number;
  confirming: number;
  objections: number;
  signing: number;
  suspension: number;
  returning?: number;
}

export interface SealedReference {
  kind: "control-price" | "base";
  /** See {@link ./reference}. */
  commitment: string;
}

export interface SealingTerms {
  version: number;
  project: string;
  lot: string;
  number: number;
  suite: string;
  envelopes: number;
  schema: Schema;
  custodians: Custodian[];
  release: number;
  rescue?: number;
  policy: { minimum: number; fails_after_unlock: boolean; masked: boolean; reading: "received" | "reversed" | "digest"; stays: Stays };
  /** A control price or base that is sealed until the opening. */
  reference?: SealedReference;
  officials: { tenderer: Named; agency?: Named; centre: Named; supervisor: Named };
  trust: {
    origin: string;
    statement_key: string;
    receipt_key: string;
    log_key?: string;
    witnesses?: string[];
    quorum: number;
    tsas?: string[];
    /** In suite gm the platform's SM2 certificate, and those above it, base64 DER, leaf first. */
    sm2_chain?: string[];
  };
}

const U8 = integer(0, 0xff);
const U16 = integer(0, 0xffff);
const U32 = integer(0, 0xffffffff);

const lot: Reader<string> = (value, at) => {
  if (typeof value !== "string" || !isLot(value)) throw new Misshapen(at);
  return value;
};
const project: Reader<string> = (value, at) => {
  if (typeof value !== "string" || !isProject(value)) throw new Misshapen(at);
  return value;
};
const base64Text: Reader<string> = (value, at) => {
  bytes(value, at);
  return value as string;
};
/** A list that is left out when there is nothing to say. */
const some =
  (reader: Reader<string[]>): Reader<string[]> =>
  (value, at) => {
    const items = reader(value, at);
    if (items.length === 0) throw new Misshapen(at);
    return items;
  };

const named = object({ name: string, organisation });
const seconds = integer();

const KINDS: Record<string, Reader<unknown>> = {
  decimal: object({ scale: U8 }),
  rate: object({ scale: U8 }),
  text: object({ max: U16 }),
  choice: object({ options: array(string) }),
  integer: object({ max: integer(Number.MIN_SAFE_INTEGER), min: integer(Number.MIN_SAFE_INTEGER) }),
};

const fieldType: Reader<FieldType> = (value, at) => {
  if (value === "money" || value === "date") return value;
  const [kind, ...more] = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const reader = kind !== undefined && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (!reader || more.length > 0) throw new Misshapen(at);
  reader((value as Record<string, unknown>)[kind!], `${at}.${kind}`);
  return value as FieldType;
};

export const schemaShape: Reader<Schema> = object(
  {
    fields: array(
      object(
        { id: matching(/^[a-z0-9_]{1,32}$/), label: string, type: fieldType, required: boolean, public: boolean },
        { label_en: string },
      ),
    ),
    better: oneOf<"low" | "high">("low", "high"),
  },
  { price: string },
);

const list = object({ digest, this_update: integer(), next_update: integer() });

/** An accepted act with the grounds of its judgement (docs/spec/signatures.md, 6). */
export const acceptedShape: Reader<AcceptedAct> = object(
  { body: string },
  {
    signature: object({
      algorithm: oneOf("rsa-pkcs1-sha256", "rsa-pss-sha256", "ecdsa-p256-sha256", "ed25519", "sm2-sm3"),
      value: base64Text,
      chain: array(base64Text),
    }),
    grounds: object(
      { ca: string, at: integer(), path: array(digest), crls: array((value, at) => (value === null ? null : list(value, at))) },
      { added: some(array(base64Text)), bridged: integer() },
    ),
  },
);

export const termsShape: Reader<SealingTerms> = object(
  {
    version: U8,
    project,
    lot,
    number: U32,
    suite: string,
    envelopes: U8,
    schema: schemaShape,
    custodians: array(
      object(
        { x: U8, organisation, name: string, key: string, certified: acceptedShape },
        { agent: string, authorised: object({ act: acceptedShape, at: integer() }) },
      ),
    ),
    release: U8,
    policy: object({
      minimum: U32,
      fails_after_unlock: boolean,
      masked: boolean,
      reading: oneOf<"received" | "reversed" | "digest">("received", "reversed", "digest"),
      stays: object(
        {
          checking: seconds,
          starting: seconds,
          window: seconds,
          extensions: seconds,
          rescue: seconds,
          quorum: seconds,
          releasing: seconds,
          opening: seconds,
          announcing: seconds,
          confirming: seconds,
          objections: seconds,
          signing: seconds,
          suspension: seconds,
        },
        { returning: seconds },
      ),
    }),
    officials: object({ tenderer: named, centre: named, supervisor: named }, { agency: named }),
    trust: object(
      { origin: string, statement_key: string, receipt_key: string, quorum: U8 },
      { log_key: string, witnesses: some(array(string)), tsas: some(array(string)), sm2_chain: some(array(string)) },
    ),
  },
  { rescue: U8, reference: object({ kind: oneOf<"control-price" | "base">("control-price", "base"), commitment: digest }) },
);

const act = string;
const nonce = string;

/** Which suite a key is of: `intl` where nothing is said. */
const suite = oneOf("gm", "intl");

/** Bodies of acts that prove something about terms and keys, every member known (docs/spec/acts.md). */
export const certifyKeyShape = object({ act, nonce, key: string }, { agent: string, suite });
/** The same by an agent, under a standing authorisation. */
export const agentCertifyShape = object({ act, nonce, key: string, agent: string, authorisation: digest }, { suite });
export const authoriseAgentShape = object({ act, nonce, agent: string, from: integer(), until: integer() }, { hosts: array(organisation) });
export const publishShape = object({ act, nonce, terms: map(digest), t0: integer() });
export const amendShape = object({ act, nonce, lot, draft: map((value) => value), terms: digest, reason: string }, { t0: integer() });
export const orderRescueShape = object({ act, nonce, lot, party: hexOf(16), bid: digest, reason: string });
export const submitShape = object(
  { act, nonce, lot, bid: digest, sequence: integer() },
  { previous: digest, members: array(named), paper_agreement: boolean },
);
export const unlockShape = object({ act, nonce, lot, bid: digest, key: digest });
