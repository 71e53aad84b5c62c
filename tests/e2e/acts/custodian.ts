/** A custodian's own part, by hand in the browser. */
import type { Seat } from "../harness/browser";

export interface Custody {
  file: string;
  passphrase: string;
}

/** Makes a key for every project that wants one, proves that the saved backup opens, and certifies the public halves. */
export async function makeKeys(seat: Seat, custody: Custody, projects: number): Promise<void> {
  const { page } = seat;
  const n = { n: projects };
  await seat.go("/custodian");
  // A certificate of SM2 is locked after a reload, and whether there are keys already is to be read first.
  await seat.unlocks();
  await seat.button("custodian.making.open", n).waitFor();
  await seat.look("custodian", { narrow: true });
  await seat.counts("custodian-keys", async () => {
    await seat.press("custodian.making.open", n);
    await page.getByLabel(seat.t("custodian.key.passphrase"), { exact: true }).fill(custody.passphrase);
    await seat.field("custodian.key.again").fill(custody.passphrase);
    await seat.look("custody-key", { narrow: true });
    await seat.saves(() => seat.press("custodian.making.make", n), custody.file);
    await page.getByLabel(seat.t("custodian.making.prove")).setInputFiles(custody.file);
    await seat.reads("custodian.making.proved", n, 60_000);
    await seat.look("custody-certify", { narrow: true });
    await seat.press("custodian.making.certify", n);
    await seat.reads("custodian.making.done", n);
  });
}

/** Another computer, or an emptied browser: all keys come back from the one file. */
export async function restoreKeys(seat: Seat, custody: Custody): Promise<void> {
  await seat.go("/custodian");
  await seat.page
    .locator("summary")
    .filter({ hasText: seat.t("custodian.ring.title") })
    .click();
  await seat.page.getByLabel(seat.t("custodian.ring.choose")).setInputFiles(custody.file);
  await givePassphrase(seat, custody);
  await seat.press("custodian.ring.take");
  await seat.reads("custodian.ring.taken", {}, 60_000);
}

/** Gives the share of an ordered rescue. */
export async function rescue(seat: Seat, project: string, custody: Custody): Promise<void> {
  await seat.go(`/custodian/${project}`);
  await seat.button("custodian.rescue.go").waitFor({ timeout: 60_000 });
  await givePassphrase(seat, custody);
  await seat.look("custody-rescue", { narrow: true });
  await seat.press("custodian.rescue.go");
  await seat.reads("custodian.rescue.done", {}, 60_000);
}

/** Releases every lot that is due. */
export async function releaseAll(seat: Seat, custody: Custody): Promise<void> {
  await seat.go("/custodian");
  await seat.button("custodian.releasing.open").waitFor({ timeout: 60_000 });
  // After a reload a certificate of SM2 is locked, and what it keeps on this device cannot be read before it is unlocked.
  await seat.unlocks();
  await seat.counts("custodian-release", async () => {
    await seat.press("custodian.releasing.open");
    await givePassphrase(seat, custody);
    await seat.look("custody-release", { narrow: true });
    await seat.press("custodian.releasing.go");
    const released = seat.page.locator("section .badge.green", { hasText: seat.t("custodian.releasing.done") });
    await released.first().waitFor({ timeout: 120_000 });
  });
  await seat.look("custody-released", { narrow: true });
}

/** The keys' passphrase, where it is not known already. */
async function givePassphrase(seat: Seat, { passphrase }: Custody): Promise<void> {
  const field = seat.page.getByLabel(seat.t("custodian.phrase.one"), { exact: true });
  await field
    .or(seat.page.getByText(seat.t("custodian.phrase.known")))
    .first()
    .waitFor();
  if (await field.isVisible()) await field.fill(passphrase);
}
