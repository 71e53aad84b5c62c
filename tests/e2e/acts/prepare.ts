/** Preparing a bid, step by step: the same screens online and in the offline tool. */
import type { Seat } from "../harness/browser";
import type { Person } from "../harness/town";

export interface Offer {
  /** In yuan, as a person types it. */
  price: string;
  days: string;
  manager: string;
  rate?: string;
  documents: string[];
  /** A folder with more of them, by the system's own drag and drop or by its dialog, and what they are called then. */
  folder?: { path: string; by: "drop" | "choice"; names: string[] };
  rescue?: boolean;
}

/** Step 1: whom to believe; the terms are checked by it. */
export async function believe(seat: Seat, root: string): Promise<void> {
  await seat.page.getByLabel(seat.t("tool.roots.add")).setInputFiles(root);
  await seat.reads("tool.terms.good");
}

/** Steps 2 to 4, up to the last look before sealing. */
export async function fill(seat: Seat, offer: Offer, screens = "prepare"): Promise<void> {
  const { page } = seat;
  const named = (zh: string, en: string) => page.getByLabel(seat.language === "en" ? new RegExp(`^${en}`) : new RegExp(`^${zh}`));
  await seat.press("tool.next");
  await named("投标报价", "Bid price").fill(offer.price);
  await named("工期", "Time for completion").fill(offer.days);
  await named("质量承诺", "Quality").selectOption("合格");
  await named("项目经理", "Project manager").fill(offer.manager);
  if (offer.rate) await named("下浮率", "Discount").fill(offer.rate);
  await seat.look(`${screens}-sheet`, { narrow: true });
  await seat.press("tool.next");
  await page.getByLabel(seat.t("tool.documents.drop")).setInputFiles(offer.documents);
  await seat.reads("tool.documents.count");
  if (offer.folder) await takeFolder(seat, offer.folder, offer.documents.length);
  await seat.look(`${screens}-documents`, { narrow: true });
  await seat.press("tool.next");
  if (offer.rescue) await page.getByRole("checkbox", { name: seat.t("tool.rescue.want") }).check();
  await seat.look(`${screens}-spares`, { narrow: true });
  await seat.press("tool.next");
}

/** Gives a folder, whose documents come after those that are there. */
async function takeFolder(seat: Seat, { path, by, names }: NonNullable<Offer["folder"]>, before: number): Promise<void> {
  if (by === "drop") await seat.drops(path, seat.page.locator(".b-drop"));
  else await seat.page.getByLabel(seat.t("tool.documents.folder")).setInputFiles(path);
  for (const [at, name] of names.entries()) {
    const field = seat.page.getByLabel(seat.t("tool.documents.nameOf", { n: before + at + 1 }), { exact: true });
    await field.waitFor();
    const shown = await field.inputValue();
    if (shown !== name) throw new Error(`${seat.who}: document ${before + at + 1} is called ${shown}, not ${name}`);
  }
}

/** Opens the certificate where the offline tool asks for it. */
export async function openKey(seat: Seat, person: Person): Promise<void> {
  await seat.field("tool.key.choose").setInputFiles(person.p12);
  await seat.field("tool.key.passphrase").fill(person.passphrase);
  await seat.press("tool.key.open");
  await seat.reads("tool.key.opened");
}

/** Step 5: seals, and waits until it is done. */
export async function seal(seat: Seat): Promise<void> {
  await seat.press("tool.seal.start");
  await seat.reads("tool.seal.done", {}, 120_000);
}
