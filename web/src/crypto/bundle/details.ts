/** Details of events by their form (docs/spec/events.md, Details). */
import type { ActSignature, Grounds } from "../contract";
import { anything, array, digest, hexOf, integer, map, Misshapen, object, oneOf, string, type Read, type Reader } from "../bid/shape";
import { organisation } from "../bid/header";
import { acceptedShape } from "../bid/terms-shape";
import { some } from "./form";

const yes: Reader<true> = (value, at) => {
  if (value !== true) throw new Misshapen(at);
  return value;
};
/** A text that is left out when it is empty. */
const said: Reader<string> = (value, at) => {
  if (typeof value !== "string" || value === "") throw new Misshapen(at);
  return value;
};

const authorShape = object(
  { authority: string, certificate: digest, name: string, organisation, person: string },
  { certified: string, link: hexOf(16), unvouched: yes },
);
export type Author = Read<typeof authorShape>;

export interface Consent {
  author: Author;
  signature: ActSignature;
  grounds?: Grounds;
}

/** Signature and grounds are those of an accepted act. */
const consentShape: Reader<Consent> = (value, at) => {
  const { author, ...rest } = anything(value, at);
  const accepted = acceptedShape({ ...rest, body: "" }, at);
  if (!accepted.signature || "body" in rest) throw new Misshapen(at);
  const { signature, grounds } = accepted;
  return { author: authorShape(author, `${at}.author`), signature, ...(grounds ? { grounds } : {}) };
};

const sheetShape = object({ bid: digest }, { manifest: string, note: said, salt: string, segment_key: string, sheet: string });
const tag = string;
const EXTRAS = {
  terms: object({ extra: tag, terms: map(string) }),
  authorised: object({ act: acceptedShape, extra: tag }),
  bid: object({ extra: tag, segments: integer(0, 0xffffffff), size: integer() }, { consents: some(array(consentShape)) }),
  refused: object({ extra: tag, note: string }),
  attempt: object({ extra: tag, milliseconds: integer(), note: string }),
  sheets: object({ extra: tag, sheets: array(sheetShape) }),
  item: object({ extra: tag }, { bearer: integer(), note: said }),
  complainant: object({ extra: tag, name: string, reach: string, secret: digest }),
  document: object({ digest, extra: tag, name: string, size: integer() }),
};
type Extras = typeof EXTRAS;

const extraShape: Reader<{ extra: string }> = (value, at) => {
  const { extra } = (value ?? {}) as { extra?: unknown };
  const kind = oneOf(...(Object.keys(EXTRAS) as (keyof Extras)[]))(extra, `${at}.extra`);
  return (EXTRAS[kind] as Reader<{ extra: string }>)(value, at);
};

/** Everything about an event that is not a fact. */
export const detailsShape = object({}, { author: authorShape, extra: extraShape, signed: acceptedShape });
export type Details = Read<typeof detailsShape>;

/** What an event adds beyond its act, where it is of this kind. */
export function extraOf<K extends keyof Extras>(details: Details | undefined, kind: K): Read<Extras[K]> | undefined {
  return details?.extra?.extra === kind ? (details.extra as Read<Extras[K]>) : undefined;
}

/** The signatures of a consortium's members. */
export function consentsOf(details: Details | undefined): Consent[] {
  return extraOf(details, "bid")?.consents ?? [];
}

/** On what the signatures in it were believed. */
export function groundsOf(details: Details): Grounds[] {
  const authorised = extraOf(details, "authorised")?.act;
  const acts = [details.signed, authorised, ...consentsOf(details)];
  return acts.flatMap((it) => it?.grounds ?? []);
}
