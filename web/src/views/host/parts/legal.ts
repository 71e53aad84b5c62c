/** The platform's legal minima. */
import { computed, type ComputedRef } from "vue";
import { USUAL_LEGAL } from "../presets";
import type { Legal } from "../types";
import { usePlatform } from "./platform";

/** The legal minima of this platform, in seconds; the law's own until they are known. */
export function useLegal(): ComputedRef<Legal> {
  const platform = usePlatform();
  return computed(() => platform.value?.legal ?? USUAL_LEGAL);
}
