/** Signed acts: what is signed, and checking it (docs/spec/signatures.md, 1 to 3). */
import type { ActBody, ActSignature, Place, SignedAct } from "../contract";
import type { Bytes, Hex, Holder, Judge, Millis, Random } from "./types";

export type Algorithm = ActSignature["algorithm"];

/** The bytes that are signed. */
export function message(purpose: string, origin: string, project: string, body: Bytes): Bytes {
  void [purpose, origin, project, body];
  throw new Error("not yet");
}

/** A body's canonical text with a fresh nonce, and the message that its signature is over. */
export function composeAct(place: Place, body: ActBody, random?: Random): { body: string; message: Bytes } {
  void [place, body, random];
  throw new Error("not yet");
}

/** r || s with the smaller s: what WebCrypto's ECDSA returns becomes what is accepted. */
export function lowS(signature: Bytes): Bytes {
  void signature;
  throw new Error("not yet");
}

/** H(body): by which other acts and statements name it. */
export function actDigest(body: string): Hex {
  void body;
  throw new Error("not yet");
}

/** Checks signature and certificate; gives the body's members and who signed. */
export async function checkAct(act: SignedAct, place: Place, judge: Judge, at: Millis): Promise<{ body: Record<string, unknown>; holder: Holder }> {
  void [act, place, judge, at];
  throw new Error("not yet");
}
