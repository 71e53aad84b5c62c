/** What the platform says of itself that forms need. Asked once. */
import { type Ref, ref } from "vue";
import { api, data, type Schemas } from "@/api";

const platform = ref<Schemas["PlatformView"]>();
let asked = false;

/** Nothing until it is known. */
export function usePlatform(): Ref<Schemas["PlatformView"] | undefined> {
  if (!asked) {
    asked = true;
    data(api.GET("/api/v1/platform")).then(
      (told) => (platform.value = told),
      () => (asked = false),
    );
  }
  return platform;
}
