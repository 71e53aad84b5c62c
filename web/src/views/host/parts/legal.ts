/** What the platform says of itself that forms need: its legal minima. Asked once. */
import { computed, type ComputedRef, ref } from "vue";
import { api, data, type Schemas } from "@/api";
import { USUAL_LEGAL } from "../presets";
import type { Legal } from "../types";

const platform = ref<Schemas["PlatformView"]>();
let asked = false;

function ask(): void {
  if (asked) return;
  asked = true;
  data(api.GET("/api/v1/platform")).then(
    (told) => (platform.value = told),
    () => (asked = false),
  );
}

/** The legal minima of this platform, in seconds; the law's own until they are known. */
export function useLegal(): ComputedRef<Legal> {
  ask();
  return computed(() => platform.value?.legal ?? USUAL_LEGAL);
}
