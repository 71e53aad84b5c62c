/** An alarm in words. */
import { useI18n } from "vue-i18n";
import type { Alarm } from "./alarms";

export function useTelling(): (alarm: Alarm) => string {
  const { t, locale } = useI18n();
  return (alarm) => {
    const params = { ...alarm.params };
    if (typeof params["stage"] === "string") params["stage"] = t(`stages.${params["stage"]}`);
    if (typeof params["names"] === "string" && locale.value === "en") params["names"] = params["names"].replaceAll("、", ", ");
    return t(`centre.alarms.${alarm.code}`, params);
  };
}
