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
  /** A stable code; its text is i18n `crypto.steps.<code>`. */
  code: string;
  /** Why, where it failed. */
  failure?: Failure;
  state: "waiting" | "working" | "done" | "failed";
  /** Numbers, names and the like for the text. */
  params?: Record<string, string | number>;
}

/** A failure with a stable code; its text is i18n `crypto.problems.<code>`. */
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
  /** Names of authorities by the digest of their root (api: PlatformView.cas). */
  cas: { id: string; root: Hex }[];
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
  /** Open b with another key than the one that signs. */
  with?: OtherKey;
}

/** What opens b instead of the unlocked certificate: a spare key file, or an old certificate's file. */
export type OtherKey =
  | { kind: "keyfile"; text: string; passphrase: string }
  | { kind: "certificate"; files: KeyFile[]; passphrase: string };

/** A key or certificate file as the person chose it: .p12, .pfx, .pem, .cer, .key. */
export interface KeyFile {
  name: string;
  bytes: Uint8Array;
}

/** A statement of the platform as the API shows it (api: StatementView). */
export interface Statement {
  body: string;
  signature: string;
}

export interface Unlocked {
  /** To be sent as it is, again and again until there is an answer; holds b. */
  act: SignedAct;
  /** H(body) of the act: the acknowledgement names it. */
  digest: Hex;
}

/** What is believed when a statement is checked: the terms the bid was sealed under, and the bid. */
export interface StatementContext {
  terms: string;
  header: Uint8Array;
}

/** What sealing terms say, after they were checked. */
export interface TermsReport {
  digest: Hex;
  steps: Step[];
  /** Codes of what could not be checked, such as no roots given; shown, and not fatal. */
  warnings: Failure[];
}

export interface TermsRequest {
  project: string;
  lot: string;
  terms: string;
  publication?: SignedAct;
  roots: string[];
  /** Names of authorities by the digest of their root (api: PlatformView.cas). */
  cas: { id: string; root: Hex }[];
  now: Millis;
}

/** An accepted set as the server shows it (api: AcceptedView). */
export interface AcceptedSet {
  accepted: Statement;
  closing: Statement;
  consistency: string[];
  bids: { bid: Hex; header: string; unlock?: SignedAct | null }[];
}

export interface ReleaseRequest {
  place: Place;
  terms: string;
  set: AcceptedSet;
  roots: string[];
  cas: { id: string; root: Hex }[];
  now: Millis;
  /** The custodian's key file and its passphrase. */
  keyfile: { text: string; passphrase: string };
  /** Bids whose rescue this custodian took part in. */
  rescued: Hex[];
}

export interface RescueRequest {
  place: Place;
  terms: string;
  closing: Statement;
  bid: Hex;
  header: Uint8Array;
  now: Millis;
  keyfile: { text: string; passphrase: string };
}

/** A new key file: its text is saved by the owner, `key` is published in terms or sealed to. */
export interface NewKeyFile {
  text: string;
  /** Base64 of the uncompressed point, as `certify-key` wants it. */
  key: string;
  /** Key id. */
  id: Hex;
}

/** What has been done to a key: shown in the environment check. */
export interface SelfTest {
  steps: Step[];
  /** MB/s of sealing on this machine. */
  speed: number;
}

export type OnStep = (step: Step) => void;
export type OnProgress = (progress: Progress) => void;

/**
 * The worker's whole interface. `src/crypto/client.ts` gives it to the page;
 * every method rejects with a CryptoFailure.
 */
export interface Vault {
  /** Unlocks a certificate's key. With `keep` it survives a reload under that name. */
  open(files: KeyFile[], passphrase: string, keep?: string): Promise<KeyInfo>;
  /** What `open` kept under that name, or null. */
  restore(keep: string): Promise<KeyInfo | null>;
  /** Unlocks again what was locked: only the passphrase is needed. Fails `key-files-needed` when nothing is kept. */
  reopen(passphrase: string, keep: string): Promise<KeyInfo>;
  /** Drops the key from memory and from what was kept; `forget` drops the files' copy as well. */
  lock(forget: boolean): Promise<void>;
  info(): Promise<KeyInfo | null>;
  /** Reads certificates from a file, with no key and no passphrase. */
  certificates(file: KeyFile): Promise<CertificateInfo[]>;
  /** Adds a nonce, makes canonical JSON and signs it. */
  sign(place: Place, body: ActBody, secrets?: string[]): Promise<SignedAct>;
  /** The same without a signature, for acts that need none. */
  plain(body: ActBody): Promise<SignedAct>;
  checkTerms(request: TermsRequest): Promise<TermsReport>;
  seal(request: SealRequest, onProgress?: OnProgress): Promise<SealedBid>;
  inspect(file: Blob): Promise<BidSummary>;
  /** Reads the whole file against its commitments; gives the digests of all chunks, 32 bytes each. */
  checkBody(file: Blob, onProgress?: OnProgress): Promise<Uint8Array>;
  /** Opens b with the unlocked key (or another one) and compares it with its commitment. */
  rehearse(header: Blob | Uint8Array, other?: OtherKey): Promise<void>;
  checkReceipt(receipt: Statement, context: StatementContext): Promise<{ bid: Hex; leaf: Hex; lot: string; received: Millis; tick: number }>;
  /** Checks everything of sealing.md, life of a bid, 5, one step after the other, and only then signs the unlock. */
  unlock(request: UnlockRequest, onStep?: OnStep): Promise<Unlocked>;
  checkAcknowledgement(acknowledgement: Statement, unlock: Hex, context: StatementContext): Promise<{ bid: Hex; received: Millis }>;
  makeKeyFile(passphrase: string): Promise<NewKeyFile>;
  /** What a key file says without its passphrase. */
  keyFileId(text: string): Promise<{ key: string; id: Hex }>;
  /** Opens a key file to see that the passphrase is right. */
  checkKeyFile(text: string, passphrase: string): Promise<void>;
  release(request: ReleaseRequest, onStep?: OnStep): Promise<SignedAct>;
  rescue(request: RescueRequest, onStep?: OnStep): Promise<SignedAct>;
  /** Seals and opens a made-up bid with the unlocked key, or with one made for it. */
  selfTest(onStep?: OnStep): Promise<SelfTest>;
}
