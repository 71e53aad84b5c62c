/** The opening record: its bytes, what they say, and whether they are the ones that were signed. */
import { api, data, type Schemas } from "@/api";
import type { FeedItem } from "@/room";

export type OpeningRecord = Schemas["OpeningRecord"];

export interface ReadRecord {
  record: OpeningRecord;
  /** SHA-256 of the bytes as they arrived, hex. */
  digest: string;
}

/** Where a record is fetched from; without a digest the latest. */
export function recordAddress(project: string, lot: string, form: "json" | "pdf", digest?: string): string {
  const base = `/api/v1/projects/${encodeURIComponent(project)}/lots/${encodeURIComponent(lot)}/record.${form}`;
  return digest ? `${base}?digest=${digest}` : base;
}

/** The forms for other programs; the tables are there from the announcement on. */
export const TABLES = ["xlsx", "csv"] as const;
export const FORMS = [...TABLES, "ocds", "platform-json", "platform-xml"] as const;

/** Where a form of a record is fetched from; without a digest the latest. */
export function formAddress(project: string, lot: string, form: (typeof FORMS)[number], language: string, digest?: string): string {
  const base = `/api/v1/projects/${encodeURIComponent(project)}/lots/${encodeURIComponent(lot)}/record/${form}`;
  const query = new URLSearchParams();
  if (digest) query.set("digest", digest);
  if (language === "en") query.set("lang", "en");
  return query.size ? `${base}?${query}` : base;
}

/** Reads a record, and digests exactly what was read. */
export async function readRecord(project: string, lot: string, digest: string): Promise<ReadRecord> {
  const params = { path: { project, lot }, query: { digest } };
  const call = api.GET("/api/v1/projects/{project}/lots/{lot}/record.json", { params, parseAs: "arrayBuffer" });
  const bytes = new Uint8Array((await data(call)) as unknown as ArrayBuffer);
  const [{ sha256 }, { bytesToHex }] = await Promise.all([import("@noble/hashes/sha2.js"), import("@noble/hashes/utils.js")]);
  return { record: JSON.parse(new TextDecoder().decode(bytes)) as OpeningRecord, digest: bytesToHex(sha256(bytes)) };
}

/** When each bidder countersigned a record, by name. */
export function countersignatures(log: readonly FeedItem[], record: string): Map<string, number> {
  const signed = new Map<string, number>();
  for (const { kind, body, time } of log) {
    if (kind === "countersigned" && body.record === record && body.name) signed.set(body.name, time);
  }
  return signed;
}
