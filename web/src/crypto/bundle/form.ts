/** What a bundle's files say, read strictly: archive, names, JSON (docs/spec/bundle.md, 2). What follows from facts is for the checks. */
import { NotCanonical, readCanonical } from "../bid/canonical";
import { hex, text, unbase64 } from "../bid/encoding";
import { isLot, isProject } from "../bid/header";
import { sha256Async } from "../bid/hash";
import { array, digest, integer, Misshapen, object, oneOf, read, string, type Read, type Reader } from "../bid/shape";
import { type acceptedShape, schemaShape } from "../bid/terms-shape";
import type { Bytes, Hex } from "../bid/types";
import { CryptoFailure } from "../failure";
import { anchoredShape, eventShape, statementProofShape } from "../tlog/anchored";
import { parseNote } from "../tlog/note";
import { parseCheckpoint } from "../tlog/policy";
import { readArchive } from "./archive";
import type { Fault } from "./outcome";

const FORMAT = "kaibiao/1 bundle";
const LINE_MAX = 64 << 20;

/** No bundle: the code and place of what is not as it should be. */
export class NotABundle extends CryptoFailure {
  readonly fault: Fault;

  constructor(code: "bundle-form" | "bundle-large", file: string) {
    super(code, { at: file });
    this.fault = { code, place: { file } };
  }
}

const lot: Reader<string> = (value, at) => {
  if (typeof value !== "string" || !isLot(value)) throw new Misshapen(at);
  return value;
};
const project: Reader<string> = (value, at) => {
  if (typeof value !== "string" || !isProject(value)) throw new Misshapen(at);
  return value;
};
const base64Text: Reader<string> = (value, at) => {
  if (typeof value !== "string" || !unbase64(value)) throw new Misshapen(at);
  return value;
};
const yes: Reader<true> = (value, at) => {
  if (value !== true) throw new Misshapen(at);
  return value;
};

const headShape = object({
  edition: oneOf<"public" | "supervisor">("public", "supervisor"),
  format: string,
  origin: string,
  project,
  root: digest,
  rules: integer(),
  size: integer(),
});
const lineShape = object({ shell: string }, { details: string, details_salt: digest, erased: yes, facts: string, facts_salt: digest });
const anchorShape = object({ index: integer(), path: array(digest), root: digest, salt: digest, size: integer(), tick: integer() });
const loggedShape = object({ index: integer(), lot, path: array(digest), terms: digest });
const noticeShape = object({ act: digest, index: integer(), path: array(digest) }, { draft: string });
const erasureShape = object({ event: eventShape }, { anchored: anchoredShape });
const stampShape = object({ of: oneOf<"checkpoint" | "closing">("checkpoint", "closing"), token: base64Text });
const shortShape = object({ body: string, signature: base64Text }, { sm2_signature: base64Text });
const statedShape = object({ statement: shortShape }, { proof: statementProofShape });
const sheetShape = object(
  { ciphertext: base64Text, commitments: base64Text, segment_key: base64Text },
  { chain: digest, context: base64Text, context_digest: digest, wraps: digest },
);
const share = object({ share: base64Text, x: integer(0, 255) });
const why: Reader<{ reason: string }> = (value, at) => {
  const { reason } = (value ?? {}) as { reason?: unknown };
  const shape = Object.hasOwn(WHY, String(reason)) ? WHY[reason as keyof typeof WHY] : undefined;
  if (!shape) throw new Misshapen(at);
  return (shape as Reader<{ reason: string }>)(value, at);
};
const WHY = {
  "wrap-does-not-open": object({ reason: string, wrap: digest }),
  "share-does-not-match": object({ opened: digest, reason: string, wrap: digest }),
  "not-proved": object({ cause: oneOf("header", "unlock-missing", "unlock-unproved", "unlock-other"), reason: string }),
};
/** A list that is left out when it is empty. */
const some =
  <T>(reader: Reader<T[]>): Reader<T[]> =>
  (value, at) => {
    const items = reader(value, at);
    if (items.length === 0) throw new Misshapen(at);
    return items;
  };
const recheckShape = object(
  { bid: digest, custodians: array(base64Text), format: string, header: base64Text, lot, project },
  {
    answers: some(array(object({ x: integer(0, 255) }, { share: base64Text, why }))),
    b: base64Text,
    failed: string,
    r: base64Text,
    rescue: some(array(share)),
    schema: schemaShape,
    segments: some(array(object({ key: base64Text, segment: integer(0, 0xffffffff) }, { ciphertext: base64Text }))),
    shares: some(array(share)),
  },
);

export type Line = Read<typeof lineShape>;
export type AnchorLine = Read<typeof anchorShape>;
export type Erasure = Read<typeof erasureShape>;
export type Short = Read<typeof shortShape>;
export type Stated = Read<typeof statedShape>;
export type Sheet = Read<typeof sheetShape>;
export type Recheck = Read<typeof recheckShape>;
export type Signed = Read<typeof acceptedShape>;
export { some, lot as lotShape, shortShape };

/** A bundle as its files say, and not believed. */
export interface Bundle {
  /** SHA-256 of the file. */
  digest: Hex;
  names: string[];
  head: Read<typeof headShape>;
  lines: Line[];
  anchors: AnchorLine[];
  checkpoint?: string;
  closing?: Stated;
  /** By lot. */
  accepted: Map<string, Stated>;
  logged: Read<typeof loggedShape>[];
  notices: Read<typeof noticeShape>[];
  /** Of each erased line, in their order. */
  erasures: Erasure[];
  timestamps: Read<typeof stampShape>[];
  receipts: Short[];
  /** The others by the digests in their names. */
  terms: Map<Hex, Bytes>;
  crls: Map<Hex, Bytes>;
  sheets: Map<Hex, Sheet>;
  headers: Map<Hex, Bytes>;
  rechecks: Map<Hex, Recheck>;
  records: Map<Hex, Bytes>;
}

/** Reads a bundle's bytes. Throws `NotABundle` at the first file that is not as it should be. */
export async function readBundle(bytes: Bytes): Promise<Bundle> {
  const files = readArchive(bytes);
  if (files === "large") throw new NotABundle("bundle-large", "bundle");
  if (files === "form") throw new NotABundle("bundle-form", "bundle");
  const named = files.find(([name]) => name === "bundle.json");
  if (!named) throw malformed("bundle.json");
  const head = json(headShape, ...named);
  ensure(head.format === FORMAT, "bundle.json");
  const bundle: Bundle = {
    digest: hex(await sha256Async(bytes)),
    names: files.map(([name]) => name),
    head,
    lines: [],
    anchors: [],
    accepted: new Map(),
    logged: [],
    notices: [],
    erasures: [],
    timestamps: [],
    receipts: [],
    terms: new Map(),
    crls: new Map(),
    sheets: new Map(),
    headers: new Map(),
    rechecks: new Map(),
    records: new Map(),
  };
  for (const [name, content] of files) take(bundle, name, content);
  const erased = bundle.lines.some((line) => line.erased);
  ensure(bundle.lines.length > 0 && !(erased && head.edition === "public"), "events.jsonl");
  return bundle;
}

/** Takes up one file by its name. */
function take(bundle: Bundle, name: string, content: Bytes): void {
  switch (name) {
    case "bundle.json":
      return;
    case "events.jsonl":
      bundle.lines = lines(lineShape, name, content);
      ensure(bundle.lines.every(isLine), name);
      return;
    case "anchors.jsonl":
      bundle.anchors = lines(anchorShape, name, content);
      return;
    case "logged.jsonl":
      bundle.logged = lines(loggedShape, name, content);
      ensure(ascends(bundle.logged.map(({ terms }) => terms)), name);
      return;
    case "notices.jsonl":
      bundle.notices = lines(noticeShape, name, content);
      return;
    case "erasures.jsonl":
      bundle.erasures = lines(erasureShape, name, content);
      return;
    case "timestamps.jsonl":
      bundle.timestamps = lines(stampShape, name, content);
      ensure(ascends(bundle.timestamps.map(({ of, token }) => `${of} ${hex(unbase64(token) as Bytes)}`)), name);
      return;
    case "receipts.jsonl":
      bundle.receipts = lines(shortShape, name, content);
      return;
    case "checkpoint":
      bundle.checkpoint = checkpoint(name, content);
      return;
    case "closing.json":
      bundle.closing = json(statedShape, name, content);
      return;
    default:
      takeOf(bundle, name, content);
      return;
  }
}

/** Takes up one of several files of a kind. */
function takeOf(bundle: Bundle, name: string, content: Bytes): void {
  const [, folder = "", stem = "", ending = ""] = /^([a-z]+)\/([^./]+)\.([a-z]+)$/.exec(name) ?? [];
  if (folder === "accepted" && ending === "json" && isLot(stem)) {
    bundle.accepted.set(stem, json(statedShape, name, content));
    return;
  }
  ensure(/^[0-9a-f]{64}$/.test(stem), name);
  switch (`${folder}.${ending}`) {
    case "terms.json":
    case "crls.der":
    case "headers.bin":
    case "records.json":
      bundle[folder as "terms" | "crls" | "headers" | "records"].set(stem, content);
      return;
    case "sheets.json": {
      const sheet = json(sheetShape, name, content);
      const told = sheet.context !== undefined;
      const isWhole = [sheet.wraps, sheet.chain].every((it) => (it !== undefined) === told);
      ensure(told !== (sheet.context_digest !== undefined) && isWhole, name);
      bundle.sheets.set(stem, sheet);
      return;
    }
    case "rechecks.json":
      bundle.rechecks.set(stem, json(recheckShape, name, content));
      return;
    default:
      throw malformed(name);
  }
}

/** Text and salt come together, and `erased` in place of details. */
function isLine({ details, details_salt, erased, facts, facts_salt }: Line): boolean {
  const paired = (details === undefined) === (details_salt === undefined) && (facts === undefined) === (facts_salt === undefined);
  return paired && !(erased && details !== undefined);
}

/** A file that is one canonical JSON value. */
function json<T>(shape: Reader<T>, name: string, content: Bytes): T {
  try {
    return read(shape, readCanonical(content));
  } catch (error) {
    if (error instanceof Misshapen || error instanceof NotCanonical) throw malformed(name);
    throw error;
  }
}

/** A file of canonical JSON values, at least one, each on a line of its own. */
function lines<T>(shape: Reader<T>, name: string, content: Bytes): T[] {
  ensure(content.at(-1) === 0x0a, name);
  const values: T[] = [];
  for (let at = 0; at < content.length; ) {
    const end = content.indexOf(0x0a, at);
    if (end - at > LINE_MAX) throw new NotABundle("bundle-large", name);
    values.push(json(shape, name, content.subarray(at, end)));
    at = end + 1;
  }
  return values;
}

/** A note whose text is a checkpoint, in its one spelling. */
function checkpoint(name: string, content: Bytes): string {
  const note = text(content);
  const parsed = note === undefined ? undefined : parseNote(note);
  ensure(parsed !== undefined && parseCheckpoint(parsed.text) !== undefined, name);
  return note as string;
}

function ascends(keys: string[]): boolean {
  return keys.every((key, at) => at === 0 || (keys[at - 1] as string) < key);
}

function ensure(holds: boolean, name: string): void {
  if (!holds) throw malformed(name);
}

function malformed(name: string): NotABundle {
  return new NotABundle("bundle-form", name);
}
