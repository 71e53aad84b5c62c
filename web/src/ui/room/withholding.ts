/** Why a custodian gives no share of a bid, as a key below i18n `stages.withheld`. */
export type Reason = "wrap-does-not-open" | "share-does-not-match" | "header" | "unlock-missing" | "unlock-unproved" | "unlock-other";

/** What could not be proved has its cause, which says more than that. */
export function reasonOf(why: { reason: string; cause?: string }): Reason {
  return (why.cause ?? why.reason) as Reason;
}
