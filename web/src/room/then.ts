/** By which instant a part of the page counts: the server's now, or in the player the instant that it shows. */
import { inject, type InjectionKey, provide, type Ref } from "vue";
import { now } from "./clock";

const THEN: InjectionKey<Readonly<Ref<number>>> = Symbol("then");

/** Everything below the calling component counts by this instant. */
export function provideNow(instant: Readonly<Ref<number>>): void {
  provide(THEN, instant);
}

/** The instant by which the calling component counts. */
export function useNow(): Readonly<Ref<number>> {
  return inject(THEN, now);
}
