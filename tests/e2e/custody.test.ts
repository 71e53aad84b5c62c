/**
 * A notary that keeps keys and is nothing else here: it comes by its own way in,
 * makes the keys of several projects at once, backs them up as one file, and
 * takes them from it on another computer.
 */
import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as custodian from "./acts/custodian";
import { Seat, launch } from "./harness/browser";
import { draft } from "./harness/tender";
import { Town } from "./harness/town";

const PROJECTS = 3;
const HOUR = 3_600_000;

let town: Town;
let browser: Browser;
let projects: string[];
let notary: Seat;
const custody = () => ({ file: town.file("f", "custody.kkeys"), passphrase: "correct horse battery" });

beforeAll(async () => {
  [town, browser] = await Promise.all([Town.build(), launch()]);
  projects = await Promise.all(
    Array.from({ length: PROJECTS }, async (_, at) => {
      const terms = { number: `JY-2026-02${at}1`, title: `临江市第${"一二三"[at]}水厂扩建工程`, t0: Date.now() + HOUR, window: 600 };
      const { people } = town;
      const written = draft(town, terms);
      // Somebody who is no official keeps the third key.
      for (const lot of Object.values(written.lots)) lot.custodians[2] = { name: people.f.organisation, organisation: people.f.code };
      const file = town.writes("host", `draft-${at}.json`, written);
      const { id } = await town.does("host", "project", "draft", "--file", file);
      for (const name of ["host", "centre"] as const)
        await town.does(name, "custodian", "key", id, "--custody", town.file(name, `custody-${at}`));
      return id as string;
    }),
  );
});
afterAll(async () => {
  if (Seat.complaints.length) console.log(Seat.complaints.join("\n\n"));
  await browser?.close();
  await town?.close();
});

test("who is named as a custodian is led to custody, and never told to register as a bidder", async () => {
  notary = await Seat.take(browser, "notary", town.url);
  await notary.go("/login");
  await notary.page.locator("#login-files").setInputFiles(town.people.f.p12);
  await notary.field("login.passphrase").fill(town.people.f.passphrase);
  await notary.press("login.submit");
  await notary.button("login.custody.register").waitFor();
  for (const at of "一二三") await notary.sees(`临江市第${at}水厂扩建工程`);
  expect(await notary.words()).not.toContain(notary.t("login.register"));
  await notary.look("login-custodian", { narrow: true });
  await notary.press("login.custody.register");
  await notary.page.waitForURL("**/custodian");
  await notary.remembers(town.people.f);
});

test("the keys of all its projects are made, proved from one file, and certified with four presses", async () => {
  await custodian.makeKeys(notary, custody(), PROJECTS);
  expect(Seat.counted.get("custodian-keys")).toEqual({ presses: 4, passphrases: 2 });
  const { keys } = JSON.parse(readFileSync(custody().file, "utf8")) as { keys: unknown[] };
  expect(keys).toHaveLength(PROJECTS);
  for (const project of projects) await town.does("host", "project", "publish", project);
  await notary.look("custodian-certified", { narrow: true });
});

test("it comes again and is where its keys are; another computer takes them from the file", async () => {
  const other = await Seat.take(browser, "notary elsewhere", town.url);
  await other.go("/login");
  await other.page.locator("#login-files").setInputFiles(town.people.f.p12);
  await other.field("login.passphrase").fill(town.people.f.passphrase);
  await other.press("login.submit");
  await other.page.waitForURL("**/custodian");
  await other.remembers(town.people.f);
  await custodian.restoreKeys(other, custody());
  await other.look("custody-restored", { narrow: true });
  await other.sees(other.t("custodian.duties.heldProved"));
  // Under another passphrase nothing opens, and that is said.
  await other.reload();
  await other.page
    .locator("summary")
    .filter({ hasText: other.t("custodian.ring.title") })
    .click();
  await other.page.getByLabel(other.t("custodian.ring.choose")).setInputFiles(custody().file);
  await other.page.getByLabel(other.t("custodian.phrase.one"), { exact: true }).fill("not this one");
  await other.press("custodian.ring.take");
  await other.reads("crypto.problems.passphrase-wrong", {}, 30_000);
  for (const seat of [notary, other]) seat.blameless();
  expect(Seat.complaints).toEqual([]);
});
