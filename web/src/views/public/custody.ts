/** Who comes as a custodian: named or invited by a host, and no bidder (a notary, another centre). */
import type { Line } from "./openings";

/** Where a custodian's own way leads. */
export const CUSTODY = "/custodian";

/** Projects whose keys the caller's organisation is to keep. */
export function keeping(lines: readonly Line[]): Line[] {
  return lines.filter((line) => line.invited || (line.duties ?? []).length > 0);
}

/** Whether somebody with these roles keeps keys here and does nothing else. */
export function isCustodianOnly(lines: readonly Line[], roles: readonly string[]): boolean {
  return keeping(lines).length > 0 && roles.every((role) => role === "bidder") && !lines.some((line) => (line.own ?? []).length > 0);
}

/** Whether somebody who is not registered yet comes for custody: a project names it, or that is where it was going. */
export function comesForCustody(lines: readonly Line[], to: string): boolean {
  return keeping(lines).length > 0 || to === CUSTODY || to.startsWith(`${CUSTODY}/`);
}
