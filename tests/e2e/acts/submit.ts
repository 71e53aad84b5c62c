/** Handing a bid in: upload, receipt, replacement, and an upload that is cut. */
import type { Seat } from "../harness/browser";
import type { Person } from "../harness/town";
import { type Offer, believe, fill, seal } from "./prepare";

export const preparing = (project: string, lot: string) => `/bidder/${project}/lots/${lot}/prepare`;

/** All of it by what is on the screen: from the home page, not logged in, to the receipt. Whoever comes is registered. */
export async function fromHome(seat: Seat, person: Person, title: string, lot: string, root: string, offer: Offer): Promise<void> {
  const { page } = seat;
  await seat.go("/");
  await seat.counts("bid", async () => {
    await page
      .locator("header")
      .getByRole("link", { name: seat.t("common.login") })
      .click();
    await page.locator("#login-files").setInputFiles(person.p12);
    await seat.field("login.passphrase").fill(person.passphrase);
    await seat.press("login.submit");
    await page.waitForURL((url) => !url.pathname.startsWith("/login"));
    await page.getByRole("link", { name: title }).first().click();
    await page.locator(`a[href$="/lots/${lot}/prepare"]`).first().click();
    await believeOnce(seat, root);
    await fill(seat, offer);
    await seal(seat);
    await handIn(seat);
    await readReceipt(seat);
  });
  await seat.remembers(person);
}

/** Prepares and seals a bid online, up to where it can be handed in. */
export async function prepare(seat: Seat, project: string, lot: string, root: string, offer: Offer): Promise<void> {
  await seat.go(preparing(project, lot));
  await believeOnce(seat, root);
  await seat.look("prepare-terms", { narrow: true });
  await fill(seat, offer);
  await seal(seat);
  await seat.look("prepare-sealed", { narrow: true });
  await seat.reads("bidder.submit.about");
}

/** Corrects the price of the bid handed in last, and seals it anew: all else is there still. */
export async function correct(seat: Seat, price: string): Promise<void> {
  const { page } = seat;
  await page
    .getByRole("link", { name: seat.t("common.bidder"), exact: true })
    .first()
    .click();
  await page.getByRole("link", { name: seat.t("bidder.prepare.correct") }).click();
  await seat.reads("bidder.prepare.correcting");
  const field = seat.page.getByLabel(seat.language === "en" ? /^Bid price/ : /^投标报价/);
  await field.fill(price);
  for (let step = 0; step < 3; step += 1) await seat.press("tool.next");
  await seal(seat);
  await seat.reads("bidder.submit.about");
}

/** A root certificate chosen before is still believed. */
async function believeOnce(seat: Seat, root: string): Promise<void> {
  await seat.reads("tool.terms.title");
  const good = seat.page.getByText(seat.t("tool.terms.good"));
  await seat.page.waitForTimeout(1_500);
  if (!(await good.isVisible())) await believe(seat, root);
}

/** Signs and hands in what was sealed last, and waits for the receipt. */
export async function handIn(seat: Seat): Promise<void> {
  await seat.press("bidder.submit.go");
  await received(seat);
}

export async function received(seat: Seat): Promise<void> {
  await seat.page
    .getByText(seat.t("bidder.lot.state.live"))
    .or(seat.page.getByRole("link", { name: seat.t("bidder.submit.receipt") }))
    .first()
    .waitFor({ timeout: 120_000 });
}

/** Opens the receipt of the bid handed in last, which the page checks by itself. */
export async function readReceipt(seat: Seat): Promise<void> {
  await seat.page
    .getByRole("link", { name: seat.t("bidder.submit.receipt") })
    .first()
    .click();
  await seat.reads("bidder.receipt.checked");
  await seat.look("receipt", { narrow: true });
}
