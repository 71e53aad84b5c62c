/** Signed acts: what is signed, and checking it (docs/spec/signatures.md, 1 to 3). */
import type { AcceptedAct, ActBody, ActSignature, Grounds, Place, SignedAct } from "../contract";
import { intl, type VerifyingKey } from "../suite";
import { verify } from "../suite/signing";
import { NotCanonical, canonical, readCanonical } from "./canonical";
import { concat, hex, lp, unbase64, unhex, utf8 } from "./encoding";
import { CryptoFailure, fail } from "./failure";
import { digestOf } from "./hash";
import { random as fresh, type Bytes, type Hex, type Holder, type Judge, type Kept, type Millis, type Random } from "./types";

export type { VerifyingKey };
export { verify };
export const { lowS } = intl;

/** The longest body of an act, in bytes. */
const MAX_BODY = 1 << 20;
const PURPOSE = /^(?=.{1,32}$)[a-z0-9]+(-[a-z0-9]+)*$/;
const LABEL = utf8("kaibiao/1 sig\0");

/** The bytes that are signed. */
export function message(purpose: string, origin: string, project: string, body: Uint8Array): Bytes {
  return concat(LABEL, lp(utf8(purpose)), lp(utf8(origin)), lp(utf8(project)), lp(body));
}

/** A body's canonical text with a fresh nonce, and the message that its signature is over. */
export function composeAct(place: Place, body: ActBody, random: Random = fresh): { body: string; message: Bytes } {
  if (!PURPOSE.test(body.act)) fail("act-purpose");
  const text = canonical({ ...body, nonce: hex(random(16)) });
  const bytes = utf8(text);
  if (bytes.length > MAX_BODY) fail("act-too-long");
  return { body: text, message: message(body.act, place.origin, place.project, bytes) };
}

/** H(body): by which other acts and statements name it. */
export function actDigest(body: string): Hex {
  return digestOf(utf8(body));
}

/** Checks certificate and signature; gives the body's members and who signed. */
export async function checkAct(
  act: SignedAct,
  place: Place,
  judge: Judge,
  at: Millis,
): Promise<{ body: Record<string, unknown>; holder: Holder }> {
  const signature = act.signature ?? fail("act-unsigned");
  const holder = await judge.judge(chainOf(signature), at, "sign");
  return { body: await checkActByKey(act, place, { kind: "spki", spki: holder.spki }), holder };
}

/**
 * Checks an accepted act again, as of the moment when its signer was judged and
 * on the lists that were kept: what became of the certificate since changes
 * nothing (docs/spec/signatures.md, 6).
 */
export async function checkAgain(
  act: AcceptedAct,
  place: Place,
  judge: Judge,
): Promise<{ body: Record<string, unknown>; holder: Holder; at: Millis }> {
  const signature = act.signature ?? fail("act-unsigned");
  const grounds = act.grounds ?? fail("act-no-grounds");
  const kept: Kept = { added: addedBy(act), lists: listsOf(grounds), bridged: grounds.bridged };
  const holder = await judge.judge(chainOf(signature), grounds.at, "sign", kept);
  return { body: await checkActByKey(act, place, { kind: "spki", spki: holder.spki }), holder, at: grounds.at };
}

/** The revocation lists that a judgement rests on, each once. */
export function listsOf({ crls }: Grounds): Hex[] {
  return [...new Set(crls.flatMap((list) => list?.digest ?? []))];
}

/** What would be said of the signer's certificate now, by this clock alone, if anything. */
export async function since(act: AcceptedAct, judge: Judge, now: Millis): Promise<string | undefined> {
  try {
    if (act.signature) await judge.judge(chainOf(act.signature), now, "sign", { added: addedBy(act) });
    return undefined;
  } catch (error) {
    if (!(error instanceof CryptoFailure)) throw error;
    return error.code;
  }
}

function addedBy({ grounds }: AcceptedAct): Bytes[] {
  return (grounds?.added ?? []).map((der) => unbase64(der) ?? fail("certificate-malformed"));
}

/** The same by a key that is known by other means, such as a custodian's agent's. */
export async function checkActByKey(act: SignedAct, place: Place, key: VerifyingKey): Promise<Record<string, unknown>> {
  const signature = act.signature ?? fail("act-unsigned");
  const body = readBody(act.body);
  const bytes = message(body["act"] as string, place.origin, place.project, utf8(act.body));
  await verify(key, signature.algorithm, unbase64(signature.value) ?? fail("signature-form"), bytes);
  return body;
}

/** A body by its form: canonical, with a purpose and a nonce. */
export function readBody(text: string): Record<string, unknown> {
  if (utf8(text).length > MAX_BODY) fail("act-too-long");
  let body: unknown;
  try {
    body = readCanonical(text);
  } catch (error) {
    if (error instanceof NotCanonical) throw new CryptoFailure("act-malformed");
    throw error;
  }
  const { act, nonce } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  if (typeof act !== "string" || !PURPOSE.test(act)) fail("act-purpose");
  if (typeof nonce !== "string" || !unhex(nonce, 16)) fail("act-nonce");
  return body as Record<string, unknown>;
}

/** Certificates of a signature, DER, leaf first. */
export function chainOf(signature: ActSignature): Bytes[] {
  return signature.chain.map((der) => unbase64(der) ?? fail("certificate-malformed"));
}
