/**
 * What the page may ask of the crypto worker. The worker holds the keys and
 * does all sealing, signing and checking; nothing here touches the DOM, and no
 * private key, secret or plaintext crosses this wall except where a line says
 * so. Byte formats: docs/spec/sealed-bid.md, signatures.md, terms.md, tree.md.
 */

export type Hex = string;
export type Millis = number;

/** Where a signature counts: never taken from what is signed. */
export interface Place {
  origin: string;
  /** "" outside a project. */
  project: string;
}

/** The wire form of a signature (api: ActSignature). */
export interface ActSignature {
  algorithm: "rsa-pkcs1-sha256" | "rsa-pss-sha256" | "ecdsa-p256-sha256" | "ed25519";
  value: string;
  chain: string[];
}

/** The wire form of an act (api: SignedAct). */
export interface SignedAct {
  body: string;
  signature?: ActSignature;
  /** b or shares on their way to the server; wiped from memory afterwards. */
  secrets?: string[];
}

/** An act without its nonce: the worker adds it. */
export type ActBody = { act: string } & Record<string, unknown>;

/** A certificate as people read it. */
export interface CertificateInfo {
  /** SHA-256 of the DER. */
  digest: Hex;
  organisationName: string;
  /** Unified social credit code, where the subject shows one. */
  organisationCode?: string;
  person: string;
  issuer: string;
  serial: string;
  notBefore: Millis;
  notAfter: Millis;
  key: "rsa-2048" | "rsa-3072" | "rsa-4096" | "p-256";
  sign: boolean;
  encrypt: boolean;
}

/** An unlocked key: one certificate, or a pair 双证书. Never the key itself. */
export interface KeyInfo {
  /** Name of the provider: "file" now; tokens and phones later. */
  provider: string;
  label: string;
  signing: CertificateInfo;
  /** The certificate that b is wrapped to; equal to `signing` when it serves both. */
  encryption: CertificateInfo;
  /** Base64 DER, the signer's first. */
  chain: string[];
}

/** One check of a list that is shown step by step. */
export interface Step {
  /** A stable code; its text is i18n `tool.steps.<code>`. */
  code: string;
  state: "waiting" | "working" | "done" | "failed";
  /** Numbers, names and the like for the text. */
  params?: Record<string, string | number>;
}

/** A failure with a stable code; its text is i18n `tool.problems.<code>`. */
export interface Failure {
  code: string;
  params?: Record<string, string | number>;
}

export interface Progress {
  /** What is being done: "document", "manifest", "upload", ... */
  what: string;
  /** Index of the document, where there are several. */
  index: number;
  done: number;
  total: number;
}

/** A spare recipient of b: a certificate, or a key file's public half. */
export interface Spare {
  kind: "certificate" | "keyfile";
  name: string;
  /** DER of the certificate, or the text of the key file. */
  data: Uint8Array | string;
}

export interface SealRequest {
  project: string;
  lot: string;
  /** The sealing terms' exact bytes as served (or as saved for offline use). */
  terms: string;
  /** The host's signed publication, which vouches for the terms' digest. */
  publication?: SignedAct;
  /** PEM roots of the bidder's own choosing; what a server says about trust is never asked. */
  roots: string[];
  bidder: { issuer: string; code: string };
  /** Fields of the opening sheet by the lot's schema, as strings. */
  sheet: Record<string, unknown>;
  documents: { name: string; media: string; file: Blob }[];
  spares: Spare[];
  /** Opt in to a rescue, where the terms allow it. */
  rescue: boolean;
  now: Millis;
}

export interface SealedBid {
  bid: Hex;
  project: string;
  lot: string;
  /** The whole .kbid file. */
  file: Blob;
  name: string;
  size: number;
  documents: number;
}

/** What a .kbid's header tells without any key. */
export interface BidSummary {
  bid: Hex;
  project: string;
  lot: string;
  bidder: { issuer: string; code: string };
  certificate: Hex;
  terms: Hex;
  time: Millis;
  documents: number;
  size: number;
  recipients: Hex[];
  rescue: boolean;
}

/** What an unlock needs from the server, fetched by the page. */
export interface UnlockRequest {
  place: Place;
  /** The sealing terms the bid was sealed under: they pin the platform's keys. */
  terms: string;
  /** The bid's header, from the .kbid or the server; checked against `bid`. */
  header: Uint8Array;
  bid: Hex;
  closing: { body: string; signature: string };
  inclusion?: { index: number; size: number; leaf: Hex; path: Hex[] };
  /** The receipt kept by this bidder, where there is one. */
  receipt?: { body: string; signature: string };
  /** This machine's clock; T0 must have passed by it. */
  now: Millis;
  /** Unlock with a spare key file instead of the certificate. */
  keyfile?: { text: string; passphrase: string };
}
