/** Where one authority puts an organisation's code and name (docs/spec/certificates.md, 3). */
import { isOrganisationCode } from "./bid/organisation";
import { utf8 } from "./bid/encoding";
import { isLine } from "./bid/text";
import type { Bytes } from "./bid/types";
import * as asn1 from "./der";
import { TAG, type Asn1 } from "./der";
import { CryptoFailure } from "./failure";
import type { Certificate } from "./x509";

/** One step from what stands in a place to what is wanted (api: Take). */
export type Take =
  | "der"
  | "raw"
  | "utf-16le"
  | "base64"
  | "upper"
  | "narrow"
  | { after: string }
  | { drop: string }
  | { split: { by: string; nth: number } };

/** Of a subject alternative name (api: Alternative). */
type Alternative = "email" | "uri" | { directory: string } | { other: string };

/** A place in a certificate (api: Place). */
type Place = { subject: string } | { "alternative-name": Alternative } | { extension: string };

/** One place, and how to get at what stands there (api: Source). */
export interface Source {
  place: Place;
  first?: boolean;
  take?: Take[];
}

/** The places of one authority, as the platform serves them (api: Rules). */
export interface Rules {
  code: Source[];
  name?: Source[];
}

const NAMES: Record<string, string | undefined> = {
  CN: "2.5.4.3",
  SN: "2.5.4.4",
  serialNumber: "2.5.4.5",
  C: "2.5.4.6",
  L: "2.5.4.7",
  ST: "2.5.4.8",
  street: "2.5.4.9",
  O: "2.5.4.10",
  OU: "2.5.4.11",
  title: "2.5.4.12",
  description: "2.5.4.13",
  organizationIdentifier: "2.5.4.97",
  emailAddress: "1.2.840.113549.1.9.1",
  UID: "0.9.2342.19200300.100.1.1",
};

const USUAL_NAME: Source[] = [{ place: { subject: "O" } }];

/** organizationIdentifier and O: where the demonstration authority puts them. */
export const USUAL: Rules = { code: [{ place: { subject: "organizationIdentifier" } }], name: USUAL_NAME };

/** The code by one authority's rules; all sources that find one must find the same. */
export function codeBy(rules: Rules, certificate: Certificate): string {
  let found: string | undefined;
  let other: string | undefined;
  for (const text of rules.code.flatMap((source) => textsOf(source, certificate))) {
    if (!isOrganisationCode(text)) other = text;
    else if (found !== undefined && found !== text) throw new CryptoFailure("certificate-two-organisations");
    else found = text;
  }
  if (found !== undefined) return found;
  throw other === undefined
    ? new CryptoFailure("certificate-no-organisation")
    : new CryptoFailure("certificate-bad-organisation-code", { code: other });
}

/** The first name that can be read. */
export function nameBy(rules: Rules, certificate: Certificate): string | undefined {
  return (rules.name ?? USUAL_NAME).flatMap((source) => textsOf(source, certificate)).find(isSeen);
}

/** The rules of the authorities that the platform named last, for certificates whose authority is still to be found. */
let known: Rules[] = [USUAL];

/** Takes note of the platform's authorities (api: PlatformView.cas). */
export function believe(rules: (Rules | undefined)[]): void {
  const named = rules.filter((it) => it !== undefined);
  known = named.length > 0 ? named : [USUAL];
}

/** The credit code that any authority's rules find, for people to read; none where they find two. */
export function organisationCode(certificate: Certificate): string | undefined {
  const found = new Set(known.flatMap((rules) => ignoring(() => [codeBy(rules, certificate)]) ?? []));
  return found.size === 1 ? [...found][0] : undefined;
}

/** The name by the rules that find the code, for people to read. */
export function organisationName(certificate: Certificate): string | undefined {
  const rules = known.find((it) => ignoring(() => codeBy(it, certificate)) !== undefined) ?? USUAL;
  return nameBy(rules, certificate);
}

function ignoring<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

type Found = string | Bytes;

function textsOf({ place, first, take }: Source, certificate: Certificate): string[] {
  const all = find(place, certificate);
  const found = first ? all.slice(0, 1) : all;
  return found.flatMap((start) => {
    const end = (take ?? []).reduce<Found | undefined>((it, step) => (it === undefined ? undefined : taken(step, it)), start);
    return typeof end === "string" && end !== "" ? [end] : [];
  });
}

function find(place: Place, certificate: Certificate): Found[] {
  if ("subject" in place) return parts(certificate.subjectName, place.subject);
  if ("extension" in place) {
    const extension = certificate.extensions.get(place.extension);
    return extension ? [extension.value] : [];
  }
  const names = certificate.extensions.get("2.5.29.17");
  const kind = place["alternative-name"];
  return names ? asn1.expect(asn1.read(names.value), TAG.sequence).children.flatMap((name) => alternative(kind, name)) : [];
}

/** The parts of a name of this kind, in its order: text, or octets where it cannot be read. */
function parts(name: Asn1, attribute: string): Found[] {
  const oid = NAMES[attribute] ?? attribute;
  return name.children
    .flatMap((set) => set.children)
    .filter((pair) => asn1.oid(asn1.child(pair, 0)) === oid)
    .map((pair) => asn1.text(asn1.child(pair, 1)) ?? asn1.child(pair, 1).content);
}

function alternative(kind: Alternative, name: Asn1): Found[] {
  if (kind === "email" || kind === "uri") {
    return name.tag === TAG.implicit(kind === "email" ? 1 : 6) ? [String.fromCharCode(...name.content)] : [];
  }
  if ("directory" in kind) return name.tag === TAG.explicit(4) ? parts(asn1.child(name, 0), kind.directory) : [];
  const [type, value] = name.children;
  if (name.tag !== TAG.explicit(0) || !type || !value || asn1.oid(type) !== kind.other) return [];
  return [value.content];
}

function taken(step: Take, found: Found): Found | undefined {
  const octets = typeof found === "string" ? utf8(found) : found;
  if (step === "der") return derText(octets);
  if (step === "raw") return asn1.octets(octets);
  if (step === "utf-16le") return asn1.utf16(octets, "utf-16le");
  if (typeof found !== "string") return undefined;
  if (step === "base64") return looseBase64(found);
  if (step === "upper") return found.replace(/[a-z]/g, (letter) => letter.toUpperCase());
  if (step === "narrow") return [...found].map(narrow).join("");
  if ("after" in step) return found.startsWith(step.after) ? found.slice(step.after.length) : undefined;
  if ("drop" in step) return [...found].filter((character) => !step.drop.includes(character)).join("");
  return found.split(step.split.by)[step.split.nth];
}

function derText(octets: Bytes): string | undefined {
  try {
    return asn1.text(asn1.read(octets));
  } catch {
    return undefined;
  }
}

/** Base64 whose padding may be left out. */
function looseBase64(text: string): Bytes | undefined {
  const bare = text.replace(/={0,2}$/, "");
  if (!/^[A-Za-z0-9+/]*$/.test(bare) || bare.length % 4 === 1) return undefined;
  if (bare.length !== text.length && text.length % 4 !== 0) return undefined;
  const read = Uint8Array.from(atob(bare), (character) => character.charCodeAt(0));
  // Bits beyond the last octet are nought.
  return btoa(String.fromCharCode(...read)).replace(/=*$/, "") === bare ? read : undefined;
}

/** U+FF01 to U+FF5E are the full-width forms of ! to ~; U+3000 is a space. */
function narrow(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x3000) return " ";
  return code >= 0xff01 && code <= 0xff5e ? String.fromCharCode(code - 0xfee0) : character;
}

/** Whether people see all of a text: nothing hidden, no mark of what could not be read, and not nothing. */
function isSeen(text: string): boolean {
  return text.trim() !== "" && isLine(text) && !/[\ufffc\ufffd]/u.test(text);
}
