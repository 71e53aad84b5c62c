/** Signed acts: what is signed, and checking it (docs/spec/signatures.md, 1 to 3). */
import type { ActBody, ActSignature, Place, SignedAct } from "../contract";
import { NotCanonical, canonical, readCanonical } from "./canonical";
import { concat, hex, lp, unbase64, unhex, utf8 } from "./encoding";
import { CryptoFailure, fail } from "./failure";
import { digestOf } from "./hash";
import { ORDER, fromInteger, isPoint, pointIn, toInteger } from "./p256";
import { random as fresh, type Bytes, type Hex, type Holder, type Judge, type Millis, type Random } from "./types";

type Algorithm = ActSignature["algorithm"];

/** A key that signatures are checked with. */
export type VerifyingKey = { kind: "spki"; spki: Bytes } | { kind: "ed25519"; key: Bytes };

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

/** r || s with the smaller s: what WebCrypto's ECDSA returns becomes what is accepted. */
export function lowS(signature: Uint8Array): Bytes {
  const s = toInteger(signature.subarray(32));
  return concat(signature.subarray(0, 32), fromInteger(2n * s > ORDER ? ORDER - s : s));
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

const NAMES: Record<Algorithm, "rsa" | "p-256" | "ed25519"> = {
  "rsa-pkcs1-sha256": "rsa",
  "rsa-pss-sha256": "rsa",
  "ecdsa-p256-sha256": "p-256",
  ed25519: "ed25519",
};

/** Checks a signature over `bytes`. Refusals: signature-wrong-algorithm, -form, -invalid. */
export async function verify(key: VerifyingKey, algorithm: Algorithm, value: Bytes, bytes: Bytes): Promise<void> {
  const point = key.kind === "spki" ? pointIn(key.spki) : undefined;
  const kind = key.kind === "ed25519" ? "ed25519" : point ? "p-256" : "rsa";
  if (NAMES[algorithm] !== kind) fail("signature-wrong-algorithm");
  if (kind === "p-256" && !isLowS(value)) fail("signature-form");
  const holds = await (key.kind === "ed25519"
    ? verifyEd25519(key.key, value, bytes)
    : verifySpki(key.spki, point, algorithm, value, bytes));
  if (!holds) fail("signature-invalid");
}

/** 64 bytes; 1 <= r < n, 1 <= s <= (n-1)/2. */
function isLowS(value: Bytes): boolean {
  if (value.length !== 64) return false;
  const [r, s] = [toInteger(value.subarray(0, 32)), toInteger(value.subarray(32))];
  return r >= 1n && r < ORDER && s >= 1n && 2n * s < ORDER;
}

async function verifySpki(spki: Bytes, point: Bytes | undefined, algorithm: Algorithm, value: Bytes, bytes: Bytes): Promise<boolean> {
  const hash = "SHA-256";
  if (point) {
    if (!isPoint(point)) return false;
    const key = await crypto.subtle.importKey("raw", point, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    return crypto.subtle.verify({ name: "ECDSA", hash }, key, value, bytes);
  }
  const name = algorithm === "rsa-pss-sha256" ? "RSA-PSS" : "RSASSA-PKCS1-v1_5";
  const key = await crypto.subtle.importKey("spki", spki, { name, hash }, false, ["verify"]).catch(() => undefined);
  return key !== undefined && crypto.subtle.verify({ name, saltLength: 32 }, key, value, bytes);
}

async function verifyEd25519(key: Bytes, value: Bytes, bytes: Bytes): Promise<boolean> {
  let imported: CryptoKey;
  try {
    imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  } catch (error) {
    // Chromium before 137, Firefox before 129 and Safari before 17 lack it.
    if (error instanceof Error && error.name === "NotSupportedError") throw new CryptoFailure("ed25519-missing");
    return false;
  }
  return crypto.subtle.verify("Ed25519", imported, value, bytes);
}
