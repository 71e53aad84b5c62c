/** How a form's parts learn what is wrong with the fields they show. */
import { type ComputedRef, computed, inject, type InjectionKey, provide } from "vue";
import type { Fault } from "../faults";

type Faults = ComputedRef<ReadonlyMap<string, Fault>>;

const FAULTS: InjectionKey<Faults> = Symbol("faults");

/** Shows these faults beside the fields below. */
export function provideFaults(shown: () => readonly Fault[]): void {
  provide(
    FAULTS,
    computed(() => {
      const first = new Map<string, Fault>();
      for (const fault of shown()) if (!first.has(fault.at)) first.set(fault.at, fault);
      return first;
    }),
  );
}

/** The fault of the field at this place. */
export function useFault(at: () => string | undefined): ComputedRef<Fault | undefined> {
  const faults = inject(FAULTS, undefined);
  return computed(() => {
    const place = at();
    return place === undefined ? undefined : faults?.value.get(place);
  });
}
