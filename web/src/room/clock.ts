/**
 * The server's clock on this page. Each sample is a round trip; the one with
 * the shortest trip is nearest to the truth, and is kept until it has aged.
 */
import { ref } from "vue";
import { api, data } from "@/api";

interface Sample {
  offset: number;
  /** Half the round trip: how wrong the offset can be, in ms. */
  error: number;
  taken: number;
}

/** How fast a kept sample loses its worth, ms of error a second. */
const AGEING = 0.05;

/** A difference of the clocks that no trip explains, ms. */
const PARTED = 3_000;

let best: Sample | undefined;

/** The server's time now, whole ms; ticks four times a second. */
export const now = ref(Date.now());
/** How far this device's clock is off, and how sure that is; ms. */
export const clockOffset = ref(0);
export const clockError = ref(Number.POSITIVE_INFINITY);
/** Whether the server doubts its own clock: it judges neither T0 nor lateness then. */
export const clockDoubt = ref(false);

/** Takes a sample: the server said `serverNow` between `sent` and `received` (performance.now()). */
export function sample(serverNow: number, sent: number, received: number): void {
  const error = (received - sent) / 2;
  const aged = best ? best.error + ((received - best.taken) / 1000) * AGEING : Number.POSITIVE_INFINITY;
  if (best && error > aged) return;
  best = { offset: serverNow - (sent + error), error, taken: received };
  clockError.value = error;
  clockOffset.value = Math.round(serverTime() - Date.now());
}

/** Takes a time that came along with other news, late by an unknown trip. Asks the server again where the clocks must have parted. */
export function compare(serverNow: number, steady: boolean): void {
  clockDoubt.value = !steady;
  if (!best || Math.abs(serverTime() - serverNow) < PARTED) return;
  best = undefined;
  synchronise().catch(() => undefined);
}

/** The server's time, or this device's while nothing is known. */
export function serverTime(): number {
  return best ? Math.round(performance.now() + best.offset) : Date.now();
}

/** Asks the server a few times, and keeps the best answer. */
export async function synchronise(rounds = 5): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const sent = performance.now();
    const told = await data(api.GET("/api/v1/time"));
    sample(told.now, sent, performance.now());
    clockDoubt.value = !told.steady;
  }
}

/** How often the page's clock ticks, ms: on the server's quarters of a second, so that all pages tick together. */
const TICK = 250;
/** Ask again after so long, ms. */
const ASK = 60_000;
/** A tick this late, ms, means the device slept. */
const SLEPT = 2_000;

let ticking: ReturnType<typeof setTimeout> | undefined;

/** Starts the page's clock, which asks the server again after a sleep and once a minute. */
export function startClock(): void {
  if (ticking !== undefined) return;
  let last = Date.now();
  let asked = Number.NEGATIVE_INFINITY;
  const tick = () => {
    const slept = Math.abs(Date.now() - last - TICK) > SLEPT;
    last = Date.now();
    if (slept) best = undefined;
    if (slept || performance.now() - asked > ASK) {
      asked = performance.now();
      synchronise().catch(() => undefined);
    }
    now.value = serverTime();
    ticking = setTimeout(tick, TICK - (now.value % TICK));
  };
  tick();
}
