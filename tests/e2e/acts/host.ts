/** What the host does in front of the browser before T0. */
import type { Seat } from "../harness/browser";
import { TENDERER } from "../harness/tender";
import type { Town } from "../harness/town";

/** As a field for date and time takes it: Beijing's time. */
export const local = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19);

export interface Tender {
  number: string;
  title: string;
  t0: number;
  /** Where it is not `intl`. */
  suite?: "gm";
  lots: { title: string; controlPrice: string; sealed?: Sealed }[];
}

/** A control price or base that is sealed until the opening. */
interface Sealed {
  kind: "base" | "control-price";
  /** In yuan, as typed. */
  amount: string;
  /** Where the file is put that the browser saves. */
  file: string;
}

async function seal(seat: Seat, { kind, amount, file }: Sealed): Promise<void> {
  await seat.page.getByRole("radio", { name: seat.t("host.reference.how.sealed") }).check();
  await seat.field("host.reference.kind").selectOption(kind);
  await seat.page.getByLabel(/^金额（与/).fill(amount);
  const saved = seat.page.waitForEvent("download");
  await seat.look("wizard-reference", { narrow: true, full: true });
  await seat.press("host.reference.seal");
  await (await saved).saveAs(file);
  await seat.button("host.reference.saveAgain").waitFor();
}

/** Writes a tender with the wizard from an empty page; the id of the project. */
export async function writeTender(seat: Seat, town: Town, tender: Tender): Promise<string> {
  const { page } = seat;
  await seat.go("/host");
  await seat.look("host-projects", { narrow: true });
  await page.getByRole("link", { name: seat.t("host.projects.new") }).click();

  await seat.field("host.basics.number").fill(tender.number);
  await seat.field("host.basics.t0").fill(local(tender.t0));
  await seat.field("host.basics.title").fill(tender.title);
  await seat.field("host.basics.notice").fill("本项目采用远程不见面开标。投标文件在投标人本机密封，平台只接收密文。");
  if (tender.suite) {
    await page.getByRole("radio", { name: seat.t(`stages.suite.${tender.suite}`) }).check();
    await seat.look(`wizard-basics-${tender.suite}`, { narrow: true, full: true });
  }
  await seat.look("wizard-basics", { narrow: true });
  await seat.press("host.wizard.next");

  const named = async (key: string, name: string, code: string) => {
    const group = page.getByRole("group", { name: seat.t(key), exact: true });
    await group.getByLabel(seat.t("host.named.name")).fill(name);
    await group.getByLabel(seat.t("host.named.code")).fill(code);
  };
  const { host, centre, supervisor } = town.people;
  await named("host.officials.tenderer", TENDERER.name, TENDERER.code);
  const agency = page.getByRole("checkbox", { name: seat.t("host.officials.hasAgency") });
  await agency.check();
  await named("host.officials.agency", host.organisation, host.code);
  await named("host.officials.centre", centre.organisation, centre.code);
  await named("host.officials.supervisor", supervisor.organisation, supervisor.code);
  await seat.look("wizard-officials", { narrow: true });
  await seat.press("host.wizard.next");

  for (const [index, lot] of tender.lots.entries()) {
    // Terms are written once, and copied for the other lots.
    if (index > 0) await seat.press("host.lot.copy");
    await seat.field("host.lot.title").fill(lot.title);
    if (!lot.sealed) await seat.field("host.lot.controlPrice").fill(lot.controlPrice);
    if (index > 0) continue;
    await page
      .getByLabel(new RegExp(`^${seat.t("host.sheet.preset")}`))
      .selectOption({ label: String(seat.t("host.sheet.presets.works")) });
    if (lot.sealed) await seal(seat, lot.sealed);
    await seat.press("host.custodians.usual");
    await page.getByRole("checkbox", { name: seat.t("host.custodians.hasRescue") }).check();
    await seat.field("host.custodians.release").fill("2");
    await page.getByLabel(seat.t("host.custodians.rescue"), { exact: true }).fill("3");
    await page.getByLabel(seat.t("host.policy.preset")).selectOption({ label: String(seat.t("host.policy.paces.quick")) });
    await page.getByLabel(seat.t("host.policy.stays.window"), { exact: true }).fill("1");
  }
  await seat.look("wizard-lots", { narrow: true, full: true });
  await seat.press("host.wizard.next");
  await seat.look("wizard-preview", { narrow: true });
  await seat.press("host.wizard.finish");
  await page.waitForURL(/\/host\/[0-9a-f-]{36}$/);
  return page.url().split("/").at(-1)!;
}

/** Checks what is to be published, and signs it; `sealed`: the file of a sealed value is on this device. */
export async function publish(seat: Seat, project: string, sealed = false): Promise<void> {
  await seat.go(`/host/${project}`);
  await seat.reads("host.manage.keys.all", {}, 30_000);
  await seat.look("manage-publish", { narrow: true });
  await seat.press("host.manage.publish.button");
  await seat.page.locator("dialog[open]").waitFor();
  if (sealed) await seat.reads("host.reference.held");
  await seat.confirm();
  await seat.reads("host.manage.change");
}

export async function clarify(seat: Seat, project: string, title: string, words: string): Promise<void> {
  await seat.go(`/host/${project}`);
  await seat.press("host.manage.forms.clarify");
  await seat.field("host.manage.clarify.title").fill(title);
  await seat.field("host.manage.clarify.text").fill(words);
  await seat.look("manage-clarify", { narrow: true });
  await seat.press("host.manage.clarify.button");
  await seat.confirm();
  await seat.sees(words);
}

export async function postpone(seat: Seat, project: string, t0: number, reason: string): Promise<void> {
  await seat.go(`/host/${project}`);
  await seat.press("host.manage.forms.postpone");
  await seat.field("host.manage.postpone.t0").fill(local(t0));
  await seat.page.getByLabel(seat.t("common.reason.label")).fill(reason);
  await seat.page.locator("form button[type=submit]").click();
  await seat.confirm();
  await seat.sees(reason);
}
