/** One signed act on several bidders of a lot (docs/spec/acts.md, "Several at once"). */
import type { ActBody } from "@/crypto/contract";

/** What an act says of one bidder: its members without `act` and `lot`. */
export type Item = { party: string } & Record<string, unknown>;

/** The act that says this of these bidders; nothing where there is nobody. */
export function actOn(act: string, lot: string, items: readonly Item[]): ActBody | undefined {
  const [first, ...others] = items;
  return first && { ...first, act, lot, ...(others.length ? { others } : {}) };
}
