/** Takes the person to the first field that is wrong, once it is marked. */
import { nextTick } from "vue";

export async function focusWrong(): Promise<void> {
  await nextTick();
  document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
