/** How a bidder stands in the window, and what is said of its consortium and of what it has in common with others. */
import { useI18n } from "vue-i18n";
import type { Schemas } from "@/api";
import { isWindowOver, type Stage } from "../stages";

export type Standing = "refused" | "unlocked" | "failed" | "missed" | "waiting";

/** How it stands in one word; unknown where the viewer may not know. */
export function standing(party: Schemas["PartyView"], stage: Stage): Standing | undefined {
  if (party.refused) return "refused";
  if (!party.course) return undefined;
  if (party.course.unlocked) return "unlocked";
  if (party.course.attempts.length > 0) return "failed";
  return isWindowOver(stage) ? "missed" : "waiting";
}

/** Whether a bid did not open, as far as that is told: it was refused, found, or failed. One that may still open is not. */
export function isUnopened(party: Schemas["PartyView"]): boolean {
  if (party.sheet || party.outcome === "opened") return false;
  return party.refused || party.finding !== undefined || party.outcome !== undefined;
}

export function usePartyTexts() {
  const { t } = useI18n();
  return {
    /** A bidder's name, with what must be said of one that is its own word. */
    bidderName: ({ name, unvouched }: Pick<Schemas["PartyView"], "name" | "unvouched">): string =>
      unvouched ? t("stages.table.unvouched", { name }) : name,
    /** A member's name, with what must be said of one that has not signed. */
    memberName: ({ name, signed }: Schemas["Member"]): string => (signed ? name : t("stages.table.unsigned", { name })),
    /** What its certificate calls a bidder, where that is not letter for letter its registered name. */
    certifiedText: ({ certified }: Pick<Schemas["PartyView"], "certified">): string | undefined =>
      certified ? t("stages.flags.certified", { name: certified }) : undefined,
    flagText: ({ common, what, others, more }: Schemas["Flag"]): string => {
      const named = others.join("、");
      return t(`stages.flags.${common}`, { what, others: more > 0 ? t("stages.flags.andMore", { named, more }) : named });
    },
  };
}
