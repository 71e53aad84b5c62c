/** A remark on a bidder's line: what it may name, and its act. */
import type { Schemas } from "@/api";
import type { ActBody } from "@/crypto/contract";

export type Exception = Schemas["LineException"];

/** In the order in which they are offered. */
export const EXCEPTIONS: readonly Exception[] = [
  "contents-differ",
  "amounts-differ",
  "signature-missing",
  "incomplete",
  "over-control-price",
  "deposit-differs",
  "representative-absent",
  "representative-unverified",
  "other",
];

/** Whether there is something to send: words, or an exception that needs none. */
export function saysSomething(exception: Exception | "", text: string): boolean {
  return text.trim() !== "" || (exception !== "" && exception !== "other");
}

export function remarkBody(lot: string, party: string, exception: Exception | "", text: string): ActBody {
  const body: ActBody = { act: "remark-line", lot, party };
  if (exception) body["exception"] = exception;
  if (text.trim()) body["text"] = text.trim();
  return body;
}
