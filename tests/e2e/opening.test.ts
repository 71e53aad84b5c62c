/**
 * One whole opening, from the draft to the rating, by people in front of
 * browsers: a host, a supervisor, the centre, the public, the screen in the
 * hall, and bidders with every kind of key; one reads English, one has a
 * phone. Each test is a scene and stands on the one before.
 */
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import * as bidder from "./acts/bidder";
import * as console_ from "./acts/console";
import * as custodian from "./acts/custodian";
import * as host from "./acts/host";
import type { Offer } from "./acts/prepare";
import * as submit from "./acts/submit";
import * as supervisor from "./acts/supervisor";
import { NARROW, Seat } from "./harness/browser";
import { clicks } from "./harness/clicks";
import { pdf } from "./harness/papers";
import { until } from "./harness/processes";
import { type Sitting, Story } from "./harness/story";
import { sheet } from "./harness/tender";
import type { Name } from "./harness/town";

const MB = 1_000_000;
const LOT = "1";

let story: Story;
beforeAll(async () => {
  // The terms ask for two of three witnesses, of whom one never comes.
  story = await Story.begin("", 2);
});
afterAll(() => story?.end());
afterEach(({ task }) => story.curtain(task.result));

/** What the command line does, for those who are not at a browser. */
const does = (name: Name, ...args: string[]) => story.town.does(name, ...args);
const seal = (name: Name, kbid: string) =>
  does(
    name,
    ...["bid", "seal", "--terms", `http://127.0.0.1:${story.town.port}`, "--project", story.project, "--lot", LOT],
    ...["--sheet", story.town.file(name, "sheet.json"), "--document", documents(name)[0]!, "--output", story.town.file(name, kbid)],
  );
const custody = () => ({ file: story.town.file("supervisor", "custody.kkeys"), passphrase: "correct horse battery" });

/** A bidder's documents, several megabytes of them, made on the fly. */
function documents(name: Name, size = 3): string[] {
  const { town } = story;
  return [pdf(town.file(name, "技术文件.pdf"), "Technical proposal", MB), pdf(town.file(name, "施工图纸.pdf"), "Drawings", size * MB)];
}

/** A folder of documents with another in it, and what a system leaves in folders. */
function folder(name: Name): string {
  const { town } = story;
  for (const part of ["商务文件", "商务文件/证照"]) mkdirSync(town.file(name, part), { recursive: true });
  pdf(town.file(name, "商务文件/投标函.pdf"), "Letter", 20_000);
  pdf(town.file(name, "商务文件/证照/营业执照.pdf"), "Licence", 20_000);
  writeFileSync(town.file(name, "商务文件/Thumbs.db"), "litter");
  return town.file(name, "商务文件");
}
const FOLDER = ["投标函.pdf", "证照_营业执照.pdf"];

const offer = (name: Name, price: string, more: Partial<Offer> & { size?: number } = {}): Offer => ({
  ...{ price, days: "200", manager: story.town.people[name].person, documents: documents(name, more.size) },
  ...more,
});

test("the host writes a tender with the wizard", async () => {
  const seat = await story.seat("host");
  await seat.logIn(story.town.people.host);
  story.project = await host.writeTender(seat, story.town, {
    number: "JY-2026-0118",
    title: "临江二中扩建工程",
    t0: (await story.serverNow()) + 180_000,
    lots: [
      { title: "教学楼智能化工程", controlPrice: "8600000" },
      { title: "校园绿化工程", controlPrice: "1200000" },
    ],
  });
});

test("custodians make their keys, one of them in the browser, and the host publishes", async () => {
  const { project, town } = story;
  for (const name of ["host", "centre"] as const) await does(name, "custodian", "key", project, "--custody", town.file(name, "custody"));
  const seat = await story.seat("supervisor");
  await seat.logIn(town.people.supervisor);
  await custodian.makeKeys(seat, custody(), 1);
  await host.publish(story.at("host"), project);
  town.leaves("centre", "custodian", "serve", project, "--custody", town.file("centre", "custody"));
});

test("everybody finds the notice, without logging in", async () => {
  const visitor = await story.seat("public");
  await visitor.go("/");
  await visitor.sees("临江二中扩建工程");
  await visitor.look("openings", { narrow: true });
  await visitor.page.getByRole("link", { name: "临江二中扩建工程" }).first().click();
  await visitor.sees("校园绿化工程");
  await visitor.look("project", { narrow: true, full: true });
  await visitor.go(`/projects/${story.project}/hall`);
  await visitor.look("hall-before", { narrow: true });
  const screen = await story.seat("screen", { viewport: { width: 1920, height: 1080 } });
  await screen.go(`/projects/${story.project}/screen`);
  await screen.look("screen-before");
});

test("a bidder seals in the browser, saves the file, and the command line can open it", async () => {
  const { town, project } = story;
  const a = await story.seat("a");
  await a.logIn(town.people.a);
  await a.go("/bidder");
  await a.look("bidder", { narrow: true });
  await submit.prepare(a, project, LOT, town.root, offer("a", "7,985,000.00", { size: 8 }));
  const kbid = await a.saves(() => a.press("bidder.submit.save"), town.file("a", "bid.kbid"));
  expect(statSync(kbid).size).toBeGreaterThan(9 * MB);
  await does("a", "bid", "inspect", "--check", kbid);
  await does("a", "bid", "rehearse", kbid);
});

test("its upload is cut, survives a reload, and goes on where it was", async () => {
  const a = story.at("a");
  let pieces = 0;
  const uploads = "**/api/v1/uploads/**";
  await a.inTrouble(async () => {
    // The line breaks once the first piece is through, and stays broken: the
    // next one may be all the rest.
    await a.context.route(uploads, (route) => {
      if (route.request().method() !== "PATCH" || ++pieces > 1) return route.abort("internetdisconnected");
      return route.continue();
    });
    await a.press("bidder.submit.go");
    await a.reads("bidder.submit.phase.waiting", {}, 60_000);
    await a.look("submit-waiting", { narrow: true });
    await a.context.unroute(uploads);
    await a.reload();
  });
  await a
    .button("bidder.submit.resume")
    .or(a.page.getByText(a.t("bidder.submit.phase.sending")))
    .or(a.page.getByRole("link", { name: a.t("bidder.submit.receipt") }))
    .first()
    .waitFor();
  const resume = a.button("bidder.submit.resume");
  if (await resume.isVisible()) await resume.click();
  await submit.received(a);
  await submit.readReceipt(a);
});

test("a bid sealed on the command line is handed in from a phone", async () => {
  const { town, project } = story;
  const c = await story.seat("c", { viewport: NARROW });
  await c.logIn(town.people.c);
  town.writes("c", "sheet.json", { ...sheet(779_900_000, 220, "黄蓉生"), quality: "合格" });
  const kbid = town.file("c", "bid.kbid");
  await seal("c", "bid.kbid");
  await c.go(submit.preparing(project, LOT));
  await c.page
    .locator("summary")
    .filter({ hasText: c.t("bidder.prepare.offlineWhy") })
    .click();
  await c.field("bidder.prepare.import").setInputFiles(kbid);
  await submit.handIn(c);
});

test("a pair of certificates, with a rescue; a bid in English; one handed in by the command line", async () => {
  const { town, project } = story;
  const d = await story.seat("d");
  await d.logIn(town.people.d);
  await story.keepAhead(60);
  const dropped = { path: folder("d"), by: "drop", names: FOLDER } as const;
  await submit.prepare(d, project, LOT, town.root, offer("d", "8250000", { rescue: true, folder: { ...dropped } }));
  await submit.handIn(d);
  const e = await story.seat("e", { locale: "en" });
  await e.logIn(town.people.e);
  await story.keepAhead(60);
  const chosen = { path: folder("e"), by: "choice", names: FOLDER } as const;
  await submit.prepare(e, project, LOT, town.root, offer("e", "8023000", { folder: { ...chosen } }));
  await submit.handIn(e);
  const f = await story.seat("f");
  await f.logIn(town.people.f);
  await story.keepAhead(60);
  await submit.prepare(f, project, LOT, town.root, offer("f", "8400000"));
  const kbid = await f.saves(() => f.press("bidder.submit.save"), town.file("f", "bid.kbid"));
  await does("f", "bid", "submit", kbid);
});

test("a clarification and a postponement reach the bidders, and sealed bids stand", async () => {
  const seat = story.at("host");
  await host.clarify(seat, story.project, "关于工期", "工期以日历天计，自开工令之日起算。");
  await host.postpone(seat, story.project, (await story.view()).t0 + 30_000, "给投标人留出阅读澄清的时间");
  const a = story.at("a");
  await a.go("/bidder");
  await a.sees("工期以日历天计，自开工令之日起算。");
  await a.look("bidder-changes", { narrow: true });
  await a.press("bidder.changes.acknowledge");
});

test("one bid is replaced; a second lot gets too few", async () => {
  const { town, project } = story;
  const b = await story.seat("b");
  await does("b", "account", "register");
  await story.keepAhead(60);
  await submit.fromHome(b, town.people.b, "临江二中扩建工程", LOT, town.root, offer("b", "8150000"));
  await submit.correct(b, "7888000");
  await b.reads("bidder.submit.replaces");
  await submit.handIn(b);
  const a = story.at("a");
  await story.keepAhead(40);
  await submit.prepare(a, project, "2", town.root, offer("a", "1100000"));
  await submit.handIn(a);
});

test("representatives sign in before T0, and nobody sees how many", async () => {
  const { project, town } = story;
  await story.keepAhead(45);
  for (const name of ["a", "b", "c", "d", "e", "f"] as const) {
    const seat = story.at(name);
    await seat.go(bidder.hall(project));
    await seat.look(`hall-sign-in`, { narrow: true });
    await bidder.signIn(seat, town.people[name]);
  }
  const visitor = story.at("public");
  // From here on a proxy lets no WebSocket through to the public: what it sees of T0 and of the whole hall, it asks for.
  await visitor.page.routeWebSocket(/\/live/, (socket) => socket.close());
  await visitor.reload();
  await visitor.reads("common.polling", {}, 30_000);
  const words = await visitor.words();
  for (const name of ["a", "b", "c", "d", "e", "f"] as const) expect(words).not.toContain(town.people[name].organisation);
  await everybodyReloads();
  await console_.sit(story.at("host"), project);
  await story.at("host").look("console-before", { narrow: true });
});

test("at T0 the hall opens by itself; deposits, a question, the list; lot 2 is not opened", async () => {
  const { project } = story;
  const [seat, visitor, b] = [story.at("host"), story.at("public"), story.at("b")];
  await supervisor.supervise(story.at("supervisor"), project);
  await until("T0", async () => (await story.view()).closed_for_bids, 180_000);
  await visitor.sees(visitor.t("stages.parties.later"));
  await visitor.reads("common.polling");
  await bidder.task(b, "checking");
  await console_.markDeposits(seat);
  await console_.say(seat, "各投标人请准备好证书，解密即将开始。");
  await visitor.sees("各投标人请准备好证书，解密即将开始。");
  await bidder.ask(b, "解密窗口预计多长？");
  await console_.answer(seat, "东岭建设集团有限公司", "一分钟，可视情况延长。");
  await b.sees("一分钟，可视情况延长。");
  await seat.look("console-checking", { narrow: true });
  await visitor.look("hall-checking", { narrow: true });
  await story.at("screen").look("screen-checking");
  await story.at("supervisor").look("supervision", { narrow: true });
  await console_.act(seat, "publish-list");
  await story.stands("2", "failed_few_bids");
  await everybodyReloads();
});

test("the window: one unlocks with one press, one has a wrong key first", async () => {
  const [seat, a, b] = [story.at("host"), story.at("a"), story.at("b")];
  await console_.act(seat, "start-window");
  await story.at("public").sees("福安建筑工程有限公司");
  await bidder.task(a, "unlock");
  await a.look("hall-unlock", { narrow: true });
  await bidder.unlock(a);
  await a.look("hall-unlocked", { narrow: true });
  await bidder.unlockWithWrongKey(b, story.town.people.a);
  await bidder.unlockAgain(b);
  await story.keepOpen(LOT, 60);
  await does("f", "bid", "unlock", story.town.file("f", "bid.kbid"));
});

test("the platform is killed in the window, and everybody is back where it was", async () => {
  const { town } = story;
  const seats = [...story.seats.values()];
  for (const seat of seats) seat.expectTrouble(true);
  await town.kill();
  await story.at("a").page.waitForTimeout(1_500);
  await town.start();
  await story.keepOpen(LOT, 60);
  const c = story.at("c");
  await bidder.unlock(c);
  await bidder.task(story.at("a"), "unlocked");
  await everybodyReloads();
  for (const seat of seats) seat.expectTrouble(false);
});

test("a call for help is answered, and the window extended", async () => {
  const { town } = story;
  await story.keepOpen(LOT, 60);
  const d = story.at("d");
  await bidder.unlockWithWrongKey(d, town.people.a);
  await bidder.askForHelp(d, "证书介质无法识别，正在重插");
  const centre = await story.seat("centre");
  await centre.logIn(town.people.centre);
  await centre.go("/centre/help");
  await centre.sees("证书介质无法识别，正在重插");
  await centre.look("desk", { narrow: true });
  await centre.page.getByLabel(centre.t("centre.desk.answering", { name: town.people.d.organisation })).fill("已请主持人延长，请重试。");
  await centre.press("centre.desk.sending");
  await bidder.readAnswer(d, "已请主持人延长，请重试。");
  await console_.act(story.at("host"), "extend", { minutes: "1", reason: "投标人求助，延长一分钟" });
  await story.at("host").look("console-unlocking", { narrow: true });
  await story.at("public").look("hall-unlocking", { narrow: true });
  await story.at("screen").look("screen-unlocking");
  await centre.go("/centre");
  await centre.look("board", { narrow: true });
});

test("a bidder without its key is rescued by all custodians on the supervisor's order; one stays silent", async () => {
  const { town, project } = story;
  await story.keepOpen(LOT, 60);
  const d = story.at("d");
  await bidder.askForRescue(d, "证书介质损坏");
  const seat = story.at("supervisor");
  await supervisor.supervise(seat, project);
  await supervisor.orderRescue(seat, town.people.d, "诊断属实，同意补救");
  const { bids } = await does("d", "bid", "list", project);
  const bid = bids[0].bid as string;
  for (const name of ["host", "centre"] as const)
    await does(name, "custodian", "rescue", project, "--lot", LOT, "--bid", bid, "--custody", town.file(name, "custody"));
  await custodian.rescue(seat, project, custody());
  await bidder.task(d, "unlocked");
  await until("the window is over", async () => (await story.stage(LOT)) !== "unlocking", 240_000);
});

test("custodians release, one by its agent and one by hand, and every bid opens at once", async () => {
  const seat = story.at("supervisor");
  await custodian.releaseAll(seat, custody());
  await story.stands(LOT, "opened", 120_000);
  await everybodyReloads();
});

test("the supervisor checks what was signed, and confirms the finding on the silent bidder", async () => {
  const seat = story.at("supervisor");
  await supervisor.supervise(seat, story.project);
  await supervisor.confirmFinding(seat);
  await supervisor.audit(seat);
  await seat.look("supervision-audit", { narrow: true });
  await supervisor.tab(seat, "events");
  await seat.look("supervision-events", { narrow: true });
  await supervisor.replay(seat, story.town.people.a);
  await bidder.task(story.at("e"), "not-opened");
  await story.at("e").look("hall-not-opened", { narrow: true });
});

test("the sheets are announced to everybody; bidders confirm or dispute their own line", async () => {
  const [seat, visitor] = [story.at("host"), story.at("public")];
  await console_.act(seat, "announce");
  await visitor.sees(/7,985,000\.00/);
  await visitor.look("hall-announced", { narrow: true, full: true });
  await story.at("screen").look("screen-announced");
  await console_.tab(seat, "announced");
  await seat.look("console-announced", { narrow: true });
  await story.at("a").look("hall-confirm", { narrow: true });
  await bidder.confirmLine(story.at("a"));
  await bidder.dispute(story.at("c"), "工期应以投标函为准，请记录");
  await everybodyReloads();
});

test("an objection is raised and answered; the supervisor remarks", async () => {
  const [seat, b] = [story.at("host"), story.at("b")];
  await console_.act(seat, "open-objections");
  await bidder.task(b, "objections");
  await b.look("hall-objections", { narrow: true });
  await bidder.object(b, "请说明本单位替换投标文件的时间是否在截止之前。");
  await console_.answer(seat, "东岭建设集团有限公司", "替换的受理时间见其回执，在投标截止之前。");
  await b.sees("替换的受理时间见其回执，在投标截止之前。");
  await supervisor.supervise(story.at("supervisor"), story.project);
  await supervisor.remark(story.at("supervisor"), "本次开标过程已全程监督。");
  await story.at("public").sees("本次开标过程已全程监督。");
  await everybodyReloads();
  await console_.sit(seat, story.project);
  await console_.act(seat, "close-objections");
});

test("the record is signed by the host, countersigned by bidders, and published", async () => {
  const [seat, visitor] = [story.at("host"), story.at("public")];
  await console_.signRecord(seat);
  await bidder.task(story.at("a"), "countersign", 60_000);
  await story.at("a").look("hall-countersign", { narrow: true });
  for (const name of ["a", "b", "c"] as const) await bidder.countersign(story.at(name));
  await everybodyReloads();
  await console_.sit(seat, story.project);
  await console_.act(seat, "close");
  await story.stands(LOT, "closed");
  await visitor.go(`/projects/${story.project}/lots/${LOT}/record`);
  await visitor.reads("public.record.checked");
  expect(await visitor.shifted(), "what moves while the record is read").toBeLessThan(0.1);
  await visitor.look("record", { narrow: true, full: true });
  const paper = await visitor.saves(
    () => visitor.page.getByRole("link", { name: visitor.t("public.record.pdf") }).click(),
    story.town.file("host", "record.pdf"),
  );
  expect(statSync(paper).size).toBeGreaterThan(10_000);
});

test("whoever took part rates the service, and the centre reads it", async () => {
  const [a, centre] = [story.at("a"), story.at("centre")];
  await a.reload();
  await a.look("hall-closed", { narrow: true });
  await bidder.rate(a, 5, "流程清楚");
  await centre.go("/centre/ratings");
  await centre.sees("流程清楚");
  await centre.look("ratings", { narrow: true });
  // It has ended, so it counts.
  await centre.go("/centre/figures");
  await centre.reads("figures.unlocking");
  await centre.look("figures", { narrow: true, full: true });
  await centre.go("/centre/accounts");
  await centre.look("accounts", { narrow: true });
  await story.at("public").go(bidder.hall(story.project));
  await everybodyReloads();
});

test("no screen on the way was too wide for a phone, or had a serious finding of axe", () => {
  expect(Seat.complaints.join("\n\n")).toBe("");
});

/** Everybody reloads the page, and finds itself where the opening is. */
async function everybodyReloads(): Promise<void> {
  const stage = await story.stage(LOT);
  const back = async (who: Sitting) => {
    const seat = story.at(who);
    const before = seat.page.url();
    await seat.reload();
    expect(seat.page.url(), who).toBe(before);
    // Before T0 the big screen shows a clock and nothing else.
    const tells = before.includes(story.project) && !(stage === "bidding" && before.includes("/screen"));
    if (tells) await seat.reads(before.includes("/console") && stage !== "closed" ? `host.console.due.${stage}` : `stages.${stage}`);
  };
  const all = [...story.seats.keys()].map((who) =>
    back(who).catch((error: Error) => Promise.reject(new Error(`${who}: ${error.message}`))),
  );
  await Promise.all(all);
}

test("no task takes more of anybody than docs/ops/clicks.md says", () => {
  const told = clicks();
  console.log(
    [...Seat.counted].map(([task, { presses, passphrases }]) => `${task}: ${presses} clicks, ${passphrases} passphrases`).join("\n"),
  );
  for (const [task, effort] of Seat.counted) {
    expect(told.get(task), task).toBeDefined();
    expect(effort.presses, task).toBeLessThanOrEqual(told.get(task)!.presses);
    expect(effort.passphrases, task).toBeLessThanOrEqual(told.get(task)!.passphrases);
  }
});
