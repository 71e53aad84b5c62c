/** What the page is for everybody, before anybody logs in. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Seat, launch } from "./harness/browser";
import { Town } from "./harness/town";

/** The whole first load, compressed. */
const BUDGET = 300 * 1024;

let town: Town;
let browser: Browser;
const seats: Seat[] = [];

beforeAll(async () => {
  [town, browser] = await Promise.all([Town.build(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await town?.close();
});
afterEach(async () => {
  for (const seat of seats.splice(0)) {
    seat.blameless();
    await seat.leave();
  }
});

async function visitor(options: Parameters<typeof Seat.take>[3] = {}): Promise<Seat> {
  const seat = await Seat.take(browser, "a visitor", town.url, options);
  seats.push(seat);
  return seat;
}

test("the first load is under 300 KB, and all of it comes from the platform", async () => {
  const { page, context } = await visitor();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  await page.goto("/", { waitUntil: "networkidle" });
  console.log(`first load: ${Math.round(bytes / 1024)} KB of ${BUDGET / 1024} KB`);
  expect(bytes).toBeLessThan(BUDGET);
});
