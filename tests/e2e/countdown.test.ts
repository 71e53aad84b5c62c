/** Whoever's clock is wrong, the countdown follows the server's. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Seat, launch } from "./harness/browser";
import { Town } from "./harness/town";

const MINUTE = 60_000;
/** How far two countdowns may be apart, in milliseconds. */
const APART = 200;

let town: Town;
let browser: Browser;
beforeAll(async () => {
  [town, browser] = await Promise.all([Town.build(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await town?.close();
});

test("two clocks on two machines, one of them 37 minutes wrong, agree with the server within 200 ms", async () => {
  const right = await Seat.take(browser, "somebody with a right clock", town.url);
  const wrong = await Seat.take(browser, "somebody with a wrong clock", town.url, { clock: 37 * MINUTE });
  for (const seat of [right, wrong]) await seat.go("/");
  await right.page.waitForTimeout(2_000);
  const [one, other] = await Promise.all([right, wrong].map((seat) => seat.page.evaluate(ticks, 5_500)));
  // The server's own clock is this machine's, so a second begins where it begins here.
  const late = [one, other].map((seen) => seen!.map(({ at }) => at % 1000));
  console.log(`seconds begin on the pages ${late.map((it) => it.map((ms) => Math.round(ms)).join(", ")).join(" | ")} ms late`);
  expect(one!.length).toBeGreaterThanOrEqual(4);
  const apart = one!.flatMap((seen) => {
    const same = other!.find(({ text }) => text === seen.text);
    return same ? [Math.abs(same.at - seen.at)] : [];
  });
  expect(middle(apart)).toBeLessThan(APART);
  for (const page of late) expect(middle(page.map((ms) => Math.min(ms, 1000 - ms)))).toBeLessThan(APART);
  for (const seat of [right, wrong]) seat.blameless();
});

/** The median: a wrong clock is wrong each time, a busy machine now and then. */
function middle(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
}

/** In the page: when the clock in the header changed, by a clock that nobody set wrong. */
function ticks(long: number): Promise<{ text: string; at: number }[]> {
  return new Promise((resolve) => {
    const clock = document.querySelector("header time")!;
    const seen: { text: string; at: number }[] = [];
    const observer = new MutationObserver(() =>
      seen.push({ text: clock.textContent ?? "", at: performance.timeOrigin + performance.now() }),
    );
    observer.observe(clock, { childList: true, characterData: true, subtree: true });
    setTimeout(() => {
      observer.disconnect();
      resolve(seen);
    }, long);
  });
}
