/** Receipts, and the proofs that they turn into from T0 on, checked without asking anybody (docs/spec/receipts.md). */
import { hex, u64, unbase64, utf8 } from "../bid/encoding";
import { CryptoFailure, fail } from "../bid/failure";
import { labelled } from "../bid/hash";
import { sm2Point } from "../bid/second";
import { array, boolean, digest, integer, object, oneOf, string, type Read } from "../bid/shape";
import { checkStatement, type Receipt, type SignedStatement } from "../bid/statements";
import { parseTerms } from "../bid/terms";
import { includes, leafHash } from "../bid/tree";
import type { ReceiptFound, ReceiptTrust } from "../contract";
import { anchorShape, bytesOf, parsed, proveAnchored, shaped, shellShape } from "./anchored";
import { policyOf, type Policy } from "./policy";

const proofShape = object({
  anchored: object({ anchor: anchorShape, proof: string }),
  event: object({ facts: string, path: array(digest), salt: digest, shell: string }),
  format: oneOf("kaibiao/1 receipt proof"),
  receipt: object({ body: string, signature: string }, { sm2_signature: string }),
});
type Proof = Read<typeof proofShape>;

/** Facts of the event by which a bid came in (docs/spec/events.md). */
const receivedShape = object(
  {
    by: oneOf("bidder"),
    what: object(
      { bid: digest, kind: oneOf("bid_received"), lot: string, party: string, rescue: boolean, sequence: integer(), terms: digest },
      { previous: digest },
    ),
  },
  { act: digest },
);

const TEXT = `"(?:[^"\\\\]|\\\\.)*"`;
const MEMBER = `"(body|signature|sm2_signature)"\\s*:\\s*(${TEXT})`;
const MEMBERS = new RegExp(MEMBER, "g");
/** A promise in any spelling: its members in any order. */
const PROMISE = new RegExp(`^\\s*\\{\\s*${MEMBER}(?:\\s*,\\s*${MEMBER}){1,2}\\s*\\}\\s*$`);

/** What the platform has signed that is not so; every other code shows nothing against anybody. */
const AGAINST = new Set(["receipt-differs", "receipt-late", "receipt-missing"]);

/** Checks a file as far as it goes; what it finds is told and not thrown. Throws what keeps from checking at all. */
export async function checkReceiptFile(text: string, trust: ReceiptTrust): Promise<ReceiptFound> {
  let receipt: Receipt | undefined;
  try {
    const policy = policyOf(trust);
    if (unbase64(trust.receipt_key)?.length !== 32 || !isChain(trust)) fail("terms-log");
    const file = readPromise(text) ?? readProof(text);
    const proof = "receipt" in file ? file : undefined;
    receipt = await checkPromise("receipt" in file ? file.receipt : file, trust);
    if (!proof) return { outcome: "promise", receipt };
    const kept = await checkProof(proof, receipt, policy ?? fail("terms-log"));
    return { outcome: "proved", receipt, kept };
  } catch (error) {
    if (!(error instanceof CryptoFailure) || UNABLE.has(error.code)) throw error;
    const failure = { code: error.code, ...(error.params ? { params: error.params } : {}) };
    return { outcome: AGAINST.has(error.code) ? "against" : "nothing", failure, ...(receipt ? { receipt } : {}) };
  }
}

/** A browser that cannot check has found nothing. */
const UNABLE = new Set(["ed25519-missing", "suite-unavailable", "unexpected"]);

/** Whom a file says to believe. Refusal: policy-unreadable, and those of terms. */
export function receiptTrust(text: string): ReceiptTrust {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail("policy-unreadable");
  }
  const { format, terms } = (value ?? {}) as { format?: unknown; terms?: unknown };
  if (format === "kaibiao/1 policy") return policyTrust(value as Record<string, unknown>);
  const { project, trust } = parseTerms(typeof terms === "string" ? terms : text).content;
  return { ...only(trust), project };
}

const policyShape = object(
  { origin: string, quorum: integer(), receipt_key: string },
  { log_key: string, witnesses: array(string), sm2_chain: array(string) },
);

/** A checker of receipts passes over the other members of a policy (docs/spec/bundle.md, 4). */
function policyTrust(policy: Record<string, unknown>): ReceiptTrust {
  const names = ["log_key", "origin", "quorum", "receipt_key", "sm2_chain", "witnesses"];
  const asked = Object.fromEntries(Object.entries(policy).filter(([name]) => names.includes(name)));
  return only(shaped(policyShape, asked) ?? fail("policy-unreadable"));
}

function only({ origin, receipt_key, log_key, witnesses, quorum, sm2_chain }: Read<typeof policyShape>): ReceiptTrust {
  return {
    origin,
    receipt_key,
    quorum,
    ...(log_key === undefined ? {} : { log_key }),
    ...(witnesses ? { witnesses } : {}),
    ...(sm2_chain ? { sm2_chain } : {}),
  };
}

/** A receipt in any spelling of its members, none of them twice; nothing where it is none. */
export function readPromise(text: string): SignedStatement | undefined {
  if (!PROMISE.test(text)) return undefined;
  const members = [...text.matchAll(MEMBERS)].map(([, name = "", value = ""]) => [name, value] as const);
  const names = new Set(members.map(([name]) => name));
  if (names.size !== members.length || !names.has("body") || !names.has("signature")) return undefined;
  try {
    return Object.fromEntries(members.map(([name, value]) => [name, JSON.parse(value) as string])) as unknown as SignedStatement;
  } catch {
    return undefined;
  }
}

/** Whether what is told of the platform's SM2 certificate, if anything, is one. */
function isChain({ sm2_chain }: ReceiptTrust): boolean {
  try {
    sm2Point(sm2_chain);
    return true;
  } catch {
    return false;
  }
}

function readProof(text: string): Proof {
  return shaped(proofShape, parsed(text)) ?? fail("receipt-malformed");
}

/** Steps 1 to 3. */
async function checkPromise(promise: SignedStatement, { origin, receipt_key, sm2_chain, project }: ReceiptTrust): Promise<Receipt> {
  const named = projectOf(promise.body) ?? fail("receipt-malformed");
  const receipt = await checkStatement("receipt", promise, { origin, project: named }, receipt_key, sm2_chain).catch((error: unknown) => {
    if (!(error instanceof CryptoFailure)) throw error;
    if (error.code === "statement-sm2-signature") return fail("receipt-sm2-signature");
    if (error.code.startsWith("statement-")) return fail("receipt-malformed");
    if (error.code.startsWith("signature-")) return fail("receipt-signature");
    throw error;
  });
  return project === undefined || project === named ? receipt : fail("receipt-foreign");
}

/** The project that a body names, which is proved by nothing yet. */
function projectOf(body: string): string | undefined {
  const value = parsed(body) as { statement?: { project?: unknown } } | undefined;
  const project = value?.statement?.project;
  return typeof project === "string" ? project : undefined;
}

/** Steps 5 to 10. */
async function checkProof({ anchored, event }: Proof, receipt: Receipt, policy: Policy): Promise<NonNullable<ReceiptFound["kept"]>> {
  const leaf = hex(leafHash(utf8(event.shell)));
  if (leaf !== receipt.leaf) fail("event-differs");
  const { seq, time, facts } = shaped(shellShape, parsed(event.shell)) ?? fail("event-differs");
  const text = utf8(event.facts);
  const committed = hex(labelled("kaibiao/1 facts", bytesOf(event.salt), u64(text.length), text));
  const told = parsed(event.facts);
  if (facts !== committed || told === undefined) fail("event-differs");
  const what = shaped(receivedShape, told)?.what;
  if (what?.bid !== receipt.bid || what.lot !== receipt.lot || time !== receipt.received) fail("receipt-differs");
  const { tick, size, root } = anchored.anchor;
  if (tick > receipt.tick) fail("anchor-differs");
  const times = await proveAnchored(anchored, { at: receipt.received, project: receipt.project, root, size }, policy);
  if (seq > size) fail(tick === receipt.tick ? "receipt-late" : "anchor-differs");
  if (seq < 1 || !includes({ index: seq - 1, size, path: event.path }, leaf, root)) fail("event-differs");
  return { seq, tick, cosigned: times.map((second) => Number(second) * 1000) };
}
