/** A reason that goes on record with an act. */

/** Characters, as docs/spec/acts.md, Types, has them. */
export const LONGEST_REASON = 2_000;

/** What keeps a reason from being signed: i18n `common.reason.wrong`. */
export function reasonFault(text: string): "missing" | "long" | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return "missing";
  return [...trimmed].length > LONGEST_REASON ? "long" : undefined;
}

/** Whether it can be signed as it is. */
export function isReason(text: string, optional = false): boolean {
  const fault = reasonFault(text);
  return fault === undefined || (optional && fault === "missing");
}

/** How many characters may still follow, where that is worth saying. */
export function charactersLeft(text: string): number | undefined {
  const left = LONGEST_REASON - [...text.trim()].length;
  return left <= 200 ? Math.max(0, left) : undefined;
}
