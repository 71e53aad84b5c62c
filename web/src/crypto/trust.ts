/**
 * Whether a certificate chain is believed, by roots of the client's own
 * choosing (docs/spec/signatures.md, 5).
 */
import type { ActSignature, Hex, Millis, Place } from "./contract";
import type { Certificate } from "./x509";

/** Who is believed. `id` is what the platform calls the authority. */
export interface Authority {
  id: string;
  root: Uint8Array;
  intermediates?: Uint8Array[];
}

export interface Holder {
  organisation: { issuer: string; code: string };
  certificate: Certificate;
  /** H(DER) of the root that the chain ends in. */
  root: Hex;
}

/** Throws a CryptoFailure with one of the codes `certificate-...`. */
export declare function judge(chain: Uint8Array[], authorities: Authority[], now: Millis, use: "sign" | "encrypt"): Promise<Holder>;

/** Checks a person's signed act (not a platform's statement): chain, canonical body, purpose, signature. */
export declare function verifyAct(
  act: { body: string; signature?: ActSignature },
  place: Place,
  authorities: Authority[],
  now: Millis,
): Promise<{ holder: Holder; body: Record<string, unknown>; digest: Hex }>;
