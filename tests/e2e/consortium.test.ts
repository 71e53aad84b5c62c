/** 联合体: the lead names a member, the member signs the same file, and the lead hands the bid in. */
import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prepare, received } from "./acts/submit";
import { Seat, launch } from "./harness/browser";
import { pdf } from "./harness/papers";
import { draft } from "./harness/tender";
import { Town } from "./harness/town";

const MB = 1_000_000;

let town: Town;
let browser: Browser;
let project: string;
let lead: Seat;
let member: Seat;
let joint: string;

beforeAll(async () => {
  [town, browser] = await Promise.all([Town.build(), launch()]);
  const t0 = Date.now() + 3_600_000;
  const file = town.writes("host", "draft.json", draft(town, { number: "JY-2026-0121", title: "临江二中食堂改造", t0, window: 600 }));
  project = (await town.does("host", "project", "draft", "--file", file)).id;
  for (const name of ["host", "centre", "supervisor"] as const)
    await town.does(name, "custodian", "key", project, "--custody", town.file(name, "custody"));
  await town.does("host", "project", "publish", project);
  for (const name of ["a", "f"] as const) await town.does(name, "account", "register");
  lead = await Seat.take(browser, "a", town.url);
  member = await Seat.take(browser, "f", town.url);
});
afterAll(async () => {
  await browser?.close();
  await town?.close();
});

test("the lead seals, and names its member beside the bid", async () => {
  await lead.logIn(town.people.a);
  const documents = [pdf(town.file("a", "technical.pdf"), "Technical proposal", 2 * MB)];
  await prepare(lead, project, "1", town.root, { price: "7,985,000.00", days: "200", manager: "吴海", rate: "3.25", documents });
  await lead.page.getByText(lead.t("bidder.consortium.title")).click();
  await lead.field("bidder.consortium.code").fill("91350200MA66660061");
  await lead.field("bidder.consortium.name").fill("武夷园林有限公司");
  await lead.press("bidder.consortium.go");
  await lead.reads("bidder.consortium.codeWrong");
  await lead.field("bidder.consortium.code").fill(town.people.f.code);
  joint = await lead.saves(() => lead.press("bidder.consortium.go"), town.file("a", "joint.json"));
  await lead.reads("bidder.consortium.waiting");
  await lead.look("consortium-lead", { narrow: true });
});

test("the member reads what it signs, signs it, and gives the file back", async () => {
  await member.logIn(town.people.f);
  await member.go("/bidder/consent");
  await member.look("consent", { narrow: true });
  await member.page.locator("#joint-file").setInputFiles(joint);
  await member.sees("福安建筑工程有限公司");
  await member.sees("临江二中食堂改造");
  await member.look("consent-told", { narrow: true });
  const signed = await member.saves(() => member.press("bidder.consent.go"), town.file("f", "joint.json"));
  await member.reads("bidder.consent.done", { n: 1, of: 1 });
  expect(JSON.parse(readFileSync(signed, "utf8")).consents).toHaveLength(1);
  await member.look("consent-done", { narrow: true });
  await lead.field("bidder.consortium.take").setInputFiles(signed);
  await lead.reads("bidder.consortium.signed");
  await lead.press("bidder.submit.go");
  await received(lead);
  await lead.look("consortium-in", { narrow: true });
});

test("nobody had trouble, and no screen is too wide for a phone", async () => {
  for (const seat of [lead, member]) seat.blameless();
  expect(Seat.complaints.join("\n\n")).toBe("");
});
