/** A custodian's own part, by hand in the browser. */
import type { Seat } from "../harness/browser";

export interface Custody {
  file: string;
  passphrase: string;
}

/** Makes the project's key, proves that the saved file opens, and certifies its public half. */
export async function makeKey(seat: Seat, project: string, custody: Custody): Promise<void> {
  const { page } = seat;
  await seat.go("/custodian");
  await seat.look("custodian", { narrow: true });
  await seat.go(`/custodian/${project}`);
  await page.getByLabel(seat.t("custodian.key.passphrase"), { exact: true }).fill(custody.passphrase);
  await seat.field("custodian.key.again").fill(custody.passphrase);
  await page.getByRole("checkbox", { name: seat.t("custodian.key.withAgent") }).uncheck();
  await seat.look("custody-key", { narrow: true });
  await seat.saves(() => seat.press("custodian.key.make"), custody.file);
  await choose(seat, custody);
  await seat.press("custodian.key.prove");
  await page.getByRole("checkbox", { name: seat.t("custodian.key.stored") }).check();
  await seat.press("custodian.key.certify");
  await seat.confirm();
  await seat.reads("custodian.phases.certified");
}

/** Gives the share of an ordered rescue. */
export async function rescue(seat: Seat, project: string, custody: Custody): Promise<void> {
  await seat.go(`/custodian/${project}`);
  await choose(seat, custody);
  await seat.look("custody-rescue", { narrow: true });
  await seat.press("custodian.rescue.go");
  await seat.reads("custodian.rescue.done", {}, 60_000);
}

/** Checks everything, and releases this custodian's shares. */
export async function release(seat: Seat, project: string, custody: Custody): Promise<void> {
  await seat.go(`/custodian/${project}`);
  await seat.page.getByRole("button", { name: seat.t("custodian.release.go") }).waitFor({ timeout: 60_000 });
  await choose(seat, custody);
  await seat.look("custody-release", { narrow: true });
  await seat.press("custodian.release.go");
  await seat.reads("custodian.release.done", {}, 60_000);
}

async function choose(seat: Seat, { file, passphrase }: Custody): Promise<void> {
  await seat.field("custodian.chooser.file").setInputFiles(file);
  await seat.field("custodian.chooser.passphrase").fill(passphrase);
}
