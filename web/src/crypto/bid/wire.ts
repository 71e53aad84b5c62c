/**
 * Signed acts as text from a file or the network (docs/spec/signatures.md, 3):
 * ordinary JSON, but without unknown or repeated members.
 */
import type { AcceptedAct, ActSignature, SignedAct } from "../contract";
import { fail } from "./failure";
import { Misshapen, array, object, oneOf, read, string, type Reader } from "./shape";
import { unbase64 } from "./encoding";
import { acceptedShape } from "./terms-shape";

const base64Text = (value: unknown, at: string): string => {
  if (typeof value !== "string" || unbase64(value) === undefined) throw new Misshapen(at);
  return value;
};

export const signatureShape: Reader<ActSignature> = object({
  algorithm: oneOf("rsa-pkcs1-sha256", "rsa-pss-sha256", "ecdsa-p256-sha256", "ed25519", "sm2-sm3"),
  value: base64Text,
  chain: array(base64Text),
});

const ACT = object({ body: string }, { signature: signatureShape, secrets: array(base64Text) });

/** An act from parsed JSON, by its shape. */
export function readAct(value: unknown): SignedAct {
  try {
    return read(ACT, value);
  } catch (error) {
    if (error instanceof Misshapen) return fail("act-wire");
    throw error;
  }
}

/** An act that the platform serves with its grounds, from parsed JSON. */
export function readAccepted(value: unknown): AcceptedAct {
  try {
    return read(acceptedShape, value);
  } catch (error) {
    if (error instanceof Misshapen) return fail("act-wire");
    throw error;
  }
}

/** An act from text. */
export function parseAct(text: string): SignedAct {
  return readAct(parseJson(text) ?? fail("act-wire"));
}

/** JSON in which no member stands twice; nothing for any other text. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return hasRepeats(text) ? undefined : value;
  } catch {
    return undefined;
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

/** Of text that is JSON: walks its tokens and remembers each object's names. */
function hasRepeats(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  let name: string | undefined;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const names = open.at(-1)!;
      const member = JSON.parse(name!) as string;
      if (names!.has(member)) return true;
      names!.add(member);
    }
    name = token;
  }
  return false;
}
