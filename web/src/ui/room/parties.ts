/** What is said of a bidder's consortium, and of what it has in common with others. */
import { useI18n } from "vue-i18n";
import type { Schemas } from "@/api";

export function usePartyTexts() {
  const { t } = useI18n();
  return {
    /** A member's name, with what must be said of one that has not signed. */
    memberName: ({ name, signed }: Schemas["Member"]): string => (signed ? name : t("stages.table.unsigned", { name })),
    flagText: ({ common, what, others }: Schemas["Flag"]): string => t(`stages.flags.${common}`, { what, others: others.join("、") }),
  };
}
