/** A certificate that ends soon, and what its holder has to do about it: bidders unlock with it, others sign. */
import type { KeyInfo } from "@/crypto/contract";
import { dateTime } from "./dates";

const DAY = 86_400_000;
const SOON = 30 * DAY;

/** Those to whom it matters in a way of its own, the most concerned first. i18n `login.expires.<part>`. */
const PARTS = ["bidder", "custodian", "host", "supervisor", "centre", "administrator"] as const;

export type Part = (typeof PARTS)[number] | "other";

/** One's roles, and what one does without one: keeping keys is a duty of whichever organisation a project names. */
export function partsOf(who: { roles: readonly string[]; session?: { custodian?: boolean } | null | undefined }): string[] {
  return who.session?.custodian ? [...who.roles, "custodian"] : [...who.roles];
}

export interface Expiry {
  until: string;
  days: number;
  /** One for each role; who has none that is named is told what holds for everybody. */
  parts: Part[];
}

export function expiryOf(key: Pick<KeyInfo, "signing" | "encryption"> | null, roles: readonly string[], now: number): Expiry | undefined {
  if (!key) return undefined;
  const end = Math.min(key.signing.notAfter, key.encryption.notAfter);
  if (end - now >= SOON) return undefined;
  const parts: Part[] = PARTS.filter((part) => roles.includes(part));
  return { until: dateTime(end), days: Math.max(0, Math.floor((end - now) / DAY)), parts: parts.length ? parts : ["other"] };
}
