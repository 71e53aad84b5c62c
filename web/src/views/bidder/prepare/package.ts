/** A terms package: what is needed to seal a bid for one lot without a network. */
import { unbase64 } from "@/crypto/bid/encoding";
import type { AcceptedAct, Believed } from "@/crypto/contract";
import type { Schema } from "@/crypto/bid/sheet";
import { CryptoFailure } from "@/crypto/failure";

export interface TermsPackage {
  kaibiao: "terms/1";
  project: string;
  lot: string;
  /** The tender's number and title, and the lot's: shown to the person, not believed. */
  number: string;
  title: string;
  lot_title: string;
  t0: number;
  control_price?: string;
  /** The sealing terms' exact text. */
  terms: string;
  /** The host's signed act that vouches for their digest. */
  publication: AcceptedAct;
  /** Base64 DER of the revocation lists that the grounds of all these acts name. */
  lists?: string[];
  /** The offline proof that the terms are in the platform's public log. */
  logged?: string;
  platform: { origin: string; cas: Believed["cas"]; receipt_key: string };
}

interface TermsParty {
  name: string;
  organisation: string;
}

/** What a sealing client's page shows of the terms; they are checked by the vault. */
export interface TermsText {
  schema: Schema;
  number: number;
  suite: "intl" | "gm";
  custodians: TermsParty[];
  release: number;
  rescue?: number;
  policy: { minimum: number };
  reference?: { kind: "control-price" | "base" };
  officials: { tenderer: TermsParty; agency?: TermsParty; centre: TermsParty; supervisor: TermsParty };
  trust: { origin: string; log_key?: string; quorum: number };
}

/** Reads a package's file. Refuses with `package-form` or `package-version`. */
export function parsePackage(text: string): TermsPackage {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new CryptoFailure("package-form");
  }
  if (!isRecord(read) || typeof read["kaibiao"] !== "string") throw new CryptoFailure("package-form");
  if (read["kaibiao"] !== "terms/1") throw new CryptoFailure("package-version", { version: read["kaibiao"] });
  const texts = ["project", "lot", "number", "title", "lot_title", "terms"];
  const platform = read["platform"];
  const publication = read["publication"];
  const lists = read["lists"] === undefined ? [] : read["lists"];
  const right =
    isRecord(publication) &&
    typeof publication["body"] === "string" &&
    texts.every((name) => typeof read[name] === "string") &&
    typeof read["t0"] === "number" &&
    isRecord(platform) &&
    typeof platform["origin"] === "string" &&
    Array.isArray(platform["cas"]) &&
    Array.isArray(lists) &&
    lists.every((list) => typeof list === "string" && unbase64(list) !== undefined) &&
    ["undefined", "string"].includes(typeof read["logged"]) &&
    (read["control_price"] === undefined || /^\d{1,19}$/.test(String(read["control_price"])));
  if (!right) throw new CryptoFailure("package-form");
  termsText(String(read["terms"]));
  return read as unknown as TermsPackage;
}

/** Whom a package's acts are judged by, and on which lists; the roots are the person's own. */
export function judgedBy({ platform, lists }: TermsPackage): Pick<Believed, "cas" | "lists"> {
  return { cas: platform.cas, lists: (lists ?? []).flatMap((list) => unbase64(list) ?? []) };
}

/** The parts of sealing terms that are shown. */
export function termsText(terms: string): TermsText {
  try {
    const read = JSON.parse(terms) as TermsText;
    const { tenderer, agency, centre, supervisor } = read.officials;
    const parties = [tenderer, centre, supervisor, ...(agency ? [agency] : []), ...read.custodians];
    const told = parties.every(({ name, organisation }) => typeof name === "string" && typeof organisation === "string");
    if (!Array.isArray(read.schema.fields) || !told) throw new Error();
    return read;
  } catch {
    throw new CryptoFailure("package-form");
  }
}

/** The file name under which a package is saved. */
export function packageName(pack: Pick<TermsPackage, "number" | "lot">): string {
  return `${pack.number.replace(/[^\p{L}\p{N}._-]+/gu, "_")}-${pack.lot}.terms.json`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
