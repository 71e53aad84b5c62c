/**
 * Which acts are lawful in a lot now, as the server says it. Nothing is decided
 * here: an act is lawful, or the code of the refusal that it would get is told.
 */
import type { Schemas } from "@/api";

type LotView = Schemas["LotView"];

/** Why not: a code whose words are in the i18n area `stages.why`. */
export interface Why {
  code: string;
  params?: Record<string, string | number>;
}

/** Why an act cannot be done in a lot now; nothing where it can. */
export function whyNot(lot: LotView | undefined, act: string): Why | undefined {
  const told = lot?.lawful?.[act];
  // Acts of other roles are not told.
  if (told === undefined) return { code: "not-yours" };
  return told === null ? undefined : { code: told };
}
