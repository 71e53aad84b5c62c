/** How far below the page's top an element begins: what is left of the window is its. */
import { onBeforeUnmount, onMounted, ref, type Ref, watch } from "vue";

export function useAbove(element: Readonly<Ref<HTMLElement | null>>): Ref<number> {
  const above = ref(0);
  const look = () => {
    if (element.value) above.value = Math.round(element.value.getBoundingClientRect().top + window.scrollY);
  };
  // What stands above may grow: a notice, a second line of lots.
  const observer = new ResizeObserver(look);
  onMounted(() => {
    observer.observe(document.body);
    window.addEventListener("resize", look);
  });
  watch(
    element,
    (now, _, clean) => {
      look();
      // Whatever stands before it in the page pushes it down.
      for (const it of now?.parentElement?.children ?? []) observer.observe(it);
      clean(() => {
        for (const it of now?.parentElement?.children ?? []) observer.unobserve(it);
      });
    },
    { flush: "post" },
  );
  onBeforeUnmount(() => {
    observer.disconnect();
    window.removeEventListener("resize", look);
  });
  return above;
}
