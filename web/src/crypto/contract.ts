/**
 * What the page may ask of the crypto worker. The worker holds the keys and
 * does all sealing, signing and checking; nothing here touches the DOM, and no
 * private key, secret or plaintext crosses this wall except where a line says
 * so. Byte formats: docs/spec/sealed-bid.md, signatures.md, terms.md, tree.md.
 */
import type { BundleReport, OnCheck } from "./bundle";
import type { Policy } from "./revocation";
import type { Rules } from "./rules";
import type { Pairing } from "./token/agent";

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
  algorithm: "rsa-pkcs1-sha256" | "rsa-pss-sha256" | "ecdsa-p256-sha256" | "ed25519" | "sm2-sm3";
  value: string;
  chain: string[];
}

/** On what the judgement of an act's signer rests (api: Grounds). */
export interface Grounds {
  /** The instant as of which it is repeated. */
  at: Millis;
  /** The certificates by which it was judged, the signer's first and a root last. */
  path?: Hex[];
  /** Certificates of the path that did not come with the act: base64 DER. */
  added?: string[];
  /** The revocation list asked for each certificate below the root; null where there was none. */
  crls: ({ digest: Hex; this_update: Millis; next_update: Millis } | null)[];
  /** Until when the centre let lists be relied on that had ended. */
  bridged?: Millis;
}

/** An act that was accepted, as the platform serves it (api: Signed). */
export interface AcceptedAct {
  body: string;
  signature?: ActSignature;
  grounds?: Grounds;
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
  key: "rsa-2048" | "rsa-3072" | "rsa-4096" | "p-256" | "sm2";
  sign: boolean;
  encrypt: boolean;
}

/** An unlocked key: one certificate, or a pair 双证书. Never the key itself. */
export interface KeyInfo {
  /** Name of the provider: "file" or "token". */
  provider: string;
  label: string;
  signing: CertificateInfo;
  /** The certificate that b is wrapped to; equal to `signing` when it serves both. */
  encryption: CertificateInfo;
  /** Base64 DER, the signer's first. */
  chain: string[];
  /** Roots that came in the person's own files: they are believed beside the chosen ones. */
  roots: { digest: Hex; name: string }[];
}

/** One check of a list that is shown step by step. */
export interface Step {
  /** A stable code; its text is i18n `crypto.steps.<code>`. */
  code: string;
  /** Why, where it failed. */
  failure?: Failure;
  /** What is to be known although it went well. */
  notes?: Failure[];
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

/** What opens an announced sheet again (api: SheetProof): base64, and SHA-256 of the header's other parts. */
export interface SheetProof {
  context: string;
  commitments: string;
  wraps: Hex;
  chain: Hex;
  ciphertext: string;
  segment_key?: string;
}

/** A spare recipient of b: a certificate, or a key file's public half. */
export interface Spare {
  kind: "certificate" | "keyfile";
  name: string;
  /** DER of the certificate, or the text of the key file. */
  data: Uint8Array | string;
}

export interface SealRequest extends Believed {
  project: string;
  lot: string;
  /** The sealing terms' exact bytes as served (or as saved for offline use). */
  terms: string;
  /** The host's signed publication, which vouches for the terms' digest. */
  publication?: AcceptedAct;
  /** That the terms are in the public log (api: LoggedView.proof); null: the platform has no proof yet; left out: nobody could be asked. */
  logged?: string | null;
  /** Its unified social credit code; "" for that of the key. */
  bidder: string;
  /** Fields of the opening sheet by the lot's schema, as strings. */
  sheet: Record<string, unknown>;
  documents: { name: string; media: string; file: Blob }[];
  spares: Spare[];
  /** Opt in to a rescue, where the terms allow it. */
  rescue: boolean;
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
  /** The header's bytes: all that rehearsing and unlocking need. */
  header: Uint8Array;
  /** SHA-256 of every sealed chunk, 32 bytes each: the submit's `chunks`. */
  chunks: Uint8Array;
  /** The file's name in this origin's own file system, where it lies there. */
  stored?: string;
}

/** What a .kbid's header tells without any key. */
export interface BidSummary {
  bid: Hex;
  project: string;
  lot: string;
  /** Its unified social credit code. */
  bidder: string;
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
  /** That the closing statement is what the tree anchored in the public log holds. */
  proof?: StatementProof | null;
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

/** What proves a closing or accepted statement (api: StatementProof; docs/spec/evidence.md, 4). */
export interface StatementProof {
  anchored: { anchor: { root: Hex; salt: Hex; size: number; stream: string; tick: number }; proof: string };
  event: { facts: string; path: Hex[]; salt: Hex; shell: string };
}

/** Whom a checker of receipts believes, never from the file that is checked (docs/spec/receipts.md, 3). */
export interface ReceiptTrust {
  origin: string;
  /** Base64 of 32 bytes. */
  receipt_key: string;
  /** The platform's SM2 certificate, in projects of suite gm; where it is told both signatures are asked for. */
  sm2_chain?: string[];
  /** Verifier keys (`name+hash+base64`). */
  log_key?: string;
  witnesses?: string[];
  quorum: number;
  /** Whose bid it must be. */
  project?: string;
}

/** A bundle of evidence, and what its reader has (docs/spec/bundle.md). */
export interface BundleFiles {
  bundle: Blob;
  /** The text of the reader's own policy, never from the bundle. */
  policy: string;
  receipts: { name: string; text: string }[];
}

/** What a receipt or its proof shows (docs/spec/receipts.md, 5). */
export interface ReceiptFound {
  outcome: "promise" | "proved" | "against" | "nothing";
  /** Why it shows nothing, or what it shows against the platform; its text is i18n `receipt.found.<code>`. */
  failure?: Failure;
  /** What was promised, once the signature holds. */
  receipt?: { bid: Hex; leaf: Hex; lot: string; project: string; received: Millis; tick: number };
  /** Of a promise that was kept: the event's number, the anchor that holds it, and when witnesses cosigned (ms). */
  kept?: { seq: number; tick: number; cosigned: Millis[] };
}

/** Who is believed: PEM roots of the person's own choosing, under the platform's names. */
export interface Believed {
  roots: string[];
  /** Names, rules and policies of authorities by the digest of their root (api: PlatformView.cas). */
  cas: { id: string; root: Hex; rules?: Rules; revocation?: Policy }[];
  /** Revocation lists in DER that the acts' grounds name, whoever they are from: each is found by its digest. */
  lists: Uint8Array[];
  /** The person's clock. */
  now: Millis;
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

export interface TermsRequest extends Believed {
  project: string;
  lot: string;
  terms: string;
  publication?: AcceptedAct;
  /** As in `SealRequest`. */
  logged?: string | null;
}

/** An accepted set as the server shows it (api: AcceptedView). */
export interface AcceptedSet {
  accepted: Statement;
  closing: Statement;
  consistency: string[];
  bids: { bid: Hex; header: string; unlock?: AcceptedAct | null }[];
  closing_proof?: StatementProof | null;
  accepted_proof?: StatementProof | null;
}

/** What a custodian released for a lot: kept for ever, written before anything is sent. */
export interface Released {
  project: string;
  lot: string;
  closing: Hex;
  accepted: Hex;
  bids: Hex[];
}

/** Why a custodian gives no share of a bid (docs/spec/acts.md, release). */
export interface Withheld {
  bid: Hex;
  why:
    | { reason: "wrap-does-not-open"; wrap: Hex }
    | { reason: "share-does-not-match"; wrap: Hex; opened: Hex }
    | { reason: "not-proved"; cause: "header" | "unlock-missing" | "unlock-unproved" | "unlock-other" };
}

export interface ReleaseRequest extends Believed {
  project: string;
  lot: string;
  terms: string;
  accepted: AcceptedSet;
  keyfile: LockedKeyFile;
  /** Bids whose rescue this custodian took part in. */
  rescued: Hex[];
  before?: Released;
}

export interface RescueRequest extends Believed {
  project: string;
  lot: string;
  terms: string;
  closing: Statement;
  closingProof?: StatementProof | null;
  /** The supervisor's signed order for this bid. */
  order: AcceptedAct;
  bid: Hex;
  header: Uint8Array;
  keyfile: LockedKeyFile;
}

export interface AuditRequest {
  project: string;
  terms: string;
  closing: Statement;
  accepted?: { accepted: Statement; consistency: string[] };
  now: Millis;
}

/** What of a record is looked at; nothing in it is believed (docs/spec/record.md; evidence.md, 10). */
export interface RecordFiles {
  /** Its exact bytes. */
  record: Uint8Array;
  /** The digest that the room was told. */
  digest: Hex;
  /** As the API serves them: RecordSignatures, RecordProof. */
  signatures: unknown;
  proof: unknown;
  publication?: AcceptedAct;
  /** As in `SealRequest`. */
  logged?: string | null;
}

export interface RecordRequest extends RecordFiles, Believed {
  terms: string;
  /** The platform that is pinned at this address: its name, and the key of its statements. */
  platform: { origin: string; key: string };
}

/** One check of a record, and what came of it. */
export interface RecordCheck {
  check: "record" | "terms" | "host" | "signature" | "closing" | "accepted" | "consistency" | "log" | "bids";
  /** `partly`: it holds as far as it goes, and `failure` says what was not asked; `open`: it is not there yet. */
  finding: "holds" | "fails" | "partly" | "open";
  failure?: Failure;
  /** Numbers and names for the text. */
  params?: Record<string, string | number>;
  /** The certificate that signed. */
  certificate?: CertificateInfo;
}

/** A custodian's key file and its passphrase; without one it is that of `unlockCustody`. */
export interface LockedKeyFile {
  text: string;
  passphrase?: string;
}

/** The public half of a key file. */
export interface KeyFilePublic {
  /** DER SubjectPublicKeyInfo, hex. */
  public: Hex;
  /** Base64 of the uncompressed point, as `certify-key` wants it. */
  point: string;
  /** Key id: H(SPKI). */
  id: Hex;
  suite: "intl" | "gm";
}

export interface NewKeyFile extends KeyFilePublic {
  /** A name to save it under. */
  name: string;
  text: string;
}

/** A member of a consortium (api: Named). */
export interface Member {
  /** Its unified social credit code. */
  organisation: string;
  name: string;
}

/** A consortium's submission on its way from member to member: `kaibiao bid joint` writes the same file. */
export interface Joint {
  project: string;
  /** The submit act as the lead has signed it. */
  act: SignedAct;
  /** The members' signatures over the same body. */
  consents: ActSignature[];
}

/** What such a file says, once the lead's signature was verified. */
export interface JointView extends Joint {
  lot: string;
  bid: Hex;
  /** H(body): what everybody signs. */
  digest: Hex;
  lead: CertificateInfo;
  members: Member[];
  /** Whose signatures hold, in the order of `consents`. */
  signers: CertificateInfo[];
}

export interface SelfTest {
  milliseconds: number;
  /** Whether it was the unlocked key that sealed and opened. */
  own: boolean;
}

/** Told of the whole list whenever a step changes. */
export type OnSteps = (steps: Step[]) => void;
export type OnProgress = (progress: Progress) => void;

/**
 * The worker's whole interface. `src/crypto/client.ts` gives it to the page;
 * every method rejects with a CryptoFailure.
 */
export interface Vault {
  /** Unlocks a certificate's key. With `keep` it survives a reload under that name. */
  open(files: KeyFile[], passphrase: string, keep?: string): Promise<KeyInfo>;
  /** The same with keys that lie in a token, behind the token agent; of several certificates the one named, else the one that lasts longest. */
  openToken(pairing: Pairing, certificate?: Hex, keep?: string): Promise<KeyInfo>;
  /** Certificates of the token that may sign, to choose from. */
  tokenCertificates(pairing: Pairing): Promise<CertificateInfo[]>;
  /** Whether what was kept under that name is unlocked again at the token agent. */
  keptToken(keep: string): Promise<boolean>;
  /** What `open` kept under that name, or null. Whatever was kept under other names is dropped. */
  restore(keep: string): Promise<KeyInfo | null>;
  /** Unlocks again what was locked: only the passphrase is needed. Fails `key-files-needed` when nothing is kept. */
  reopen(passphrase: string, keep: string): Promise<KeyInfo>;
  /** Drops the key from memory and from what was kept; `forget` drops the files' copy as well. */
  lock(forget: boolean): Promise<void>;
  info(): Promise<KeyInfo | null>;
  /** Fetches whatever may be needed later, so that the line may be cut from then on. Refusal: suite-unavailable. */
  equip(): Promise<void>;
  /**
   * Keeps a value on this device for whoever has unlocked a key, and for nobody else; undefined drops it. False where nobody has, or the
   * browser keeps nothing. What stands on one shelf can be read together.
   */
  keep(name: string, value: unknown, shelf?: string): Promise<boolean>;
  /** What `keep` kept for this person; undefined where there is nothing, or nobody has unlocked a key. */
  kept(name: string, shelf?: string): Promise<unknown>;
  /** All that stands on a shelf, in no order. */
  shelf(name: string): Promise<unknown[]>;
  /** Drops all that was kept for this person. */
  empty(): Promise<void>;
  /** Reads certificates from a file, with no key and no passphrase. */
  certificates(file: KeyFile): Promise<CertificateInfo[]>;
  /** Takes note of where authorities put codes and names, for what is shown of certificates. */
  believe(rules: (Rules | undefined)[]): Promise<void>;
  /**
   * Adds a nonce, makes canonical JSON and signs it. With an act over a record come the record's exact bytes, which are then signed for
   * other people's tools too, where the key is not in a token. Refusal: record-differs.
   */
  sign(place: Place, body: ActBody, secrets?: string[], record?: Uint8Array): Promise<SignedAct>;
  /** The same without a signature, for acts that need none. */
  plain(body: ActBody): Promise<SignedAct>;
  checkTerms(request: TermsRequest, onSteps?: OnSteps): Promise<{ digest: Hex }>;
  seal(request: SealRequest, onProgress?: OnProgress): Promise<SealedBid>;
  /** The running `seal` then rejects with `cancelled`. */
  cancelSeal(): Promise<void>;
  inspect(file: Blob): Promise<BidSummary>;
  /** The header's bytes of a .kbid. */
  header(file: Blob): Promise<Uint8Array>;
  /** Reads the whole file against its commitments; gives the digests of all chunks, 32 bytes each. */
  checkBody(file: Blob, onProgress?: OnProgress): Promise<Uint8Array>;
  /** Opens b with the unlocked key (or another one) and compares it with its commitment. */
  rehearse(header: Blob | Uint8Array, other?: OtherKey): Promise<void>;
  checkReceipt(
    receipt: Statement,
    context: StatementContext,
  ): Promise<{ bid: Hex; leaf: Hex; lot: string; received: Millis; tick: number }>;
  /** What a receipt, or the proof of one, shows to whoever believes so. Needs no key and nobody to ask. */
  checkReceiptFile(text: string, trust: ReceiptTrust): Promise<ReceiptFound>;
  /** What a bundle of evidence proves to whoever believes so, but for the rules' replay. Needs no key and nobody to ask. */
  verifyBundle(request: BundleFiles, onCheck?: OnCheck): Promise<BundleReport>;
  /** Whom a file says to believe: sealing terms, a terms package, or a policy. */
  receiptTrust(text: string): Promise<ReceiptTrust>;
  /** Checks everything that letting go of b rests on (docs/ops/threats.md, 3), one step after the other, and only then signs the unlock. */
  unlock(request: UnlockRequest, onSteps?: OnSteps): Promise<Unlocked>;
  /** `act`: the exact body of the unlock that was sent. */
  checkAcknowledgement(acknowledgement: Statement, act: string, context: StatementContext): Promise<{ bid: Hex; received: Millis }>;
  /** Remembers the passphrase of a custodian's key files until the certificate's key is locked; proved on one of them, or null: there is none yet. */
  unlockCustody(text: string | null, passphrase: string): Promise<void>;
  custodyUnlocked(): Promise<boolean>;
  /** Without a passphrase: under that of `unlockCustody`. */
  newKeyFile(passphrase?: string, suite?: "intl" | "gm"): Promise<NewKeyFile>;
  /** Opens an announced sheet again from what is published, once that is proved to be of the bid with this digest. Needs no key. */
  reopenSheet(bid: Hex, proof: SheetProof): Promise<Record<string, unknown>>;
  /** What a key file says without its passphrase. */
  keyFilePublic(text: string): Promise<KeyFilePublic>;
  /** Opens a key file: proof that the saved file and the passphrase are right. */
  openKeyFile(file: LockedKeyFile): Promise<KeyFilePublic>;
  /** Reads a consortium's file and verifies its signatures; those of members that do not hold are left out. */
  readJoint(origin: string, text: string): Promise<JointView>;
  /** Signs what the lead has signed, as one of the members that it names; gives the file to pass on. */
  consent(origin: string, text: string): Promise<{ joint: JointView; text: string }>;
  /** A key for a custodian's unattended agent; null where the browser has no Ed25519. */
  newAgentKey(): Promise<{ pem: string; public: string } | null>;
  /** Proves the accepted set and signs the release. Keep `released` before `act` is sent. */
  release(request: ReleaseRequest, onSteps?: OnSteps): Promise<{ act: SignedAct; released: Released; withheld: Withheld[] }>;
  /** Keep the bid among `rescued` before the act is sent. */
  rescue(request: RescueRequest, onSteps?: OnSteps): Promise<SignedAct>;
  /** The platform's lists under the keys that the terms pin. */
  auditStatements(request: AuditRequest, onSteps?: OnSteps): Promise<{ closing: Hex; accepted?: Hex; at: Millis; bids: Hex[] }>;
  /** Everything that anybody can check of a record; needs no key. Without a root only who issued certificates is not asked. */
  checkRecord(request: RecordRequest): Promise<RecordCheck[]>;
  /**
   * Seals and opens a made-up bid of a suite (that of the unlocked key where none is named), with
   * the unlocked key or, where that opens no such bid, with one made for it.
   */
  selfTest(suite?: "intl" | "gm", onSteps?: OnSteps): Promise<SelfTest>;
}
