/**
 * A whole project of suite gm: the host chooses it in the wizard, custodians make SM2 keys, bidders seal and unlock with SM2
 * certificates (in a file, in a token of GM/T 0016, by the command line), and everybody checks record and bundle.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import * as bidder from "./acts/bidder";
import * as custodian from "./acts/custodian";
import * as host from "./acts/host";
import * as submit from "./acts/submit";
import { Seat } from "./harness/browser";
import { pdf } from "./harness/papers";
import { BINARY, until } from "./harness/processes";
import { Story } from "./harness/story";
import { sheet } from "./harness/tender";
import { TokenAgent } from "./harness/token";
import type { Name } from "./harness/town";

const LOT = "1";
const PORT = 27_392;
// It waits for T0, and on a quick machine for nearly all of the time until then.
const WAIT = 300_000;

let story: Story;
let agent: TokenAgent | undefined;
beforeAll(async () => {
  story = await Story.begin("", 0, "gm");
});
afterAll(async () => {
  await agent?.stop();
  await story?.end();
});
afterEach(({ task }) => story.curtain(task.result));

const does = (name: Name, ...args: string[]) => story.town.does(name, ...args);
const custody = () => ({ file: story.town.file("supervisor", "custody.kkeys"), passphrase: "correct horse battery" });

function paper(name: Name): string {
  return pdf(story.town.file(name, "技术文件.pdf"), "Technical proposal", 60_000);
}

test("the host chooses the suite in the wizard, custodians make keys of SM2, and the notice says what bidders need", async () => {
  const { town } = story;
  const seat = await story.seat("host");
  await seat.logIn(town.people.host);
  story.project = await host.writeTender(seat, town, {
    number: "JY-2026-0417",
    title: "临江政务云机房工程",
    t0: (await story.serverNow()) + 240_000,
    suite: "gm",
    lots: [{ title: "机房装修工程", controlPrice: "8600000" }],
  });
  for (const name of ["host", "centre"] as const)
    await does(name, "custodian", "key", story.project, "--custody", town.file(name, "custody"));
  const supervisor = await story.seat("supervisor");
  await supervisor.logIn(town.people.supervisor);
  await custodian.makeKeys(supervisor, custody(), 1);
  await host.publish(seat, story.project);
  await story.keepAhead(120);
  expect((await story.view()).suite).toBe("gm");
  const visitor = await story.seat("public");
  await visitor.go(`/projects/${story.project}`);
  await visitor.reads("public.project.needsSm2");
  await visitor.look("project-gm", { narrow: true });
});

test("whoever comes with a certificate of another kind is told before it prepares anything", async () => {
  const seat = await story.seat("g");
  await seat.logIn(story.town.people.g);
  await seat.go(submit.preparing(story.project, LOT));
  await seat.reads("tool.suite.certificate");
  await seat.look("prepare-gm-other", { narrow: true });
});

test("a bidder seals with a key file of SM2 and is given a receipt that is signed twice; another does from the command line", async () => {
  const { town, project } = story;
  await story.keepAhead(90);
  const [form, bid] = [town.file("c", "sheet.json"), town.file("c", "bid.kbid")];
  writeFileSync(form, JSON.stringify(sheet(800_000_000, 200, town.people.c.person)));
  await does("c", "account", "register");
  const at = ["--terms", `http://127.0.0.1:${town.port}`, "--project", project, "--lot", LOT];
  await does("c", "bid", "seal", ...at, "--sheet", form, "--document", paper("c"), "--output", bid);
  await does("c", "bid", "submit", bid);

  const seat = await story.seat("a");
  await seat.logIn(town.people.a);
  const offer = { price: "7,985,000.00", days: "200", manager: town.people.a.person, documents: [paper("a")] };
  await submit.prepare(seat, project, LOT, town.root, offer);
  await submit.handIn(seat);
  await submit.readReceipt(seat);
});

test("a bidder seals to the certificate in its token, which is asked for its PIN once, and hands the bid in", async () => {
  const { town, project } = story;
  await story.keepAhead(90);
  const seat = await story.seat("b");
  seat.tokenAgent = `http://127.0.0.1:${PORT}/kaibiao/1/`;
  agent = await TokenAgent.startWithToken(town, town.people.b, PORT);
  await seat.go("/login");
  await seat.press("token.instead");
  await seat.page
    .locator("summary")
    .filter({ hasText: seat.t("token.more") })
    .click();
  await seat.field("token.port").fill(String(PORT));
  await seat.press("token.connect");
  await seat.field("token.code").fill(await agent.code());
  await seat.press("token.pair");
  await seat.sees(town.people.b.organisation);
  await seat.press("login.submit");
  await seat.press("login.register");
  expect(await agent.answers("")).toContain("登记本单位");
  await seat.page.waitForURL((url) => !url.pathname.startsWith("/login"));
  const offer = { price: "8,100,000", days: "210", manager: town.people.b.person, documents: [paper("b")] };
  await submit.prepare(seat, project, LOT, town.root, offer);
  await seat.press("bidder.submit.go");
  expect(await agent.answers("")).toContain("递交投标文件");
  await submit.received(seat);
  expect(agent.entered).toBe(1);
});

test("after T0 all of them unlock, the file's and the token's in the page", { timeout: 2 * WAIT }, async () => {
  const { town, project } = story;
  await story.stands(LOT, "checking", WAIT);
  await does("host", "opening", "list", project, "--lot", LOT);
  await does("host", "opening", "start", project, "--lot", LOT);
  await does("c", "bid", "unlock", town.file("c", "bid.kbid"));
  const [a, b] = [story.at("a"), story.at("b")];
  for (const seat of [a, b]) await seat.go(bidder.hall(project, LOT));
  await story.keepOpen(LOT, 60);
  await bidder.unlock(a);
  await a.look("hall-gm-unlocked", { narrow: true });
  await bidder.task(b, "unlock");
  await b.press("hall.unlock.go");
  expect(await agent!.answers("")).toContain("交出这份投标的解密密钥");
  await b.reads("hall.unlock.done", {}, 60_000);
  await story.stands(LOT, "releasing", 120_000);
});

test("a custodian releases in the page, and the opening goes on to its record, which a bidder countersigns", async () => {
  const { town, project } = story;
  await does("centre", "custodian", "release", project, "--lot", LOT, "--custody", town.file("centre", "custody"));
  await custodian.releaseAll(story.at("supervisor"), custody());
  await story.stands(LOT, "opened", 120_000);
  for (const act of ["announce", "objections", "close-objections"]) await does("host", "opening", act, project, "--lot", LOT);
  await story.stands(LOT, "signing");
  // It is made a moment after its stage begins.
  await until("the record is made", async () => (await town.tries("host", "opening", "sign", project, "--lot", LOT)).success, 60_000);
  await bidder.countersign(story.at("a"));
  await does("host", "opening", "close", project, "--lot", LOT);
  await story.stands(LOT, "closed");
  const visitor = story.at("public");
  await visitor.go(`/projects/${project}/lots/${LOT}/record`);
  await visitor.reads("public.record.checked");
  await visitor.sees("8,100,000.00");
  await visitor.look("record-gm", { narrow: true });
});

test("the bundle holds in a stranger's page without a network, and by the verifier of the command line", async () => {
  const { town, project } = story;
  const [policy, bundle] = [town.file("a", "policy.json"), town.file("a", "public.kev")];
  await does("a", "trust", "policy", "--project", project, "--output", policy);
  const address = `http://127.0.0.1:${town.port}/api/v1/projects/${project}/bundle?edition=public`;
  await expect.poll(async () => (await fetch(address)).status, { timeout: 120_000, interval: 1_000 }).toBe(200);
  writeFileSync(bundle, Buffer.from(await (await fetch(address)).arrayBuffer()));
  const told = execFileSync(join(dirname(BINARY), "kaibiao-verify"), ["--policy", policy, "--json", bundle], { encoding: "utf8" });
  expect(JSON.parse(told).verdict).toMatch(/^holds/);
  const seat = story.at("public");
  await seat.go("/verify");
  await seat.reads("common.equipped");
  await seat.context.setOffline(true);
  await seat.field("verify.file").setInputFiles(bundle);
  await seat.field("verify.policyFile").setInputFiles(policy);
  await seat.press("verify.check");
  await seat.reads("verify.verdictWithout");
});

test("no screen is too wide for a phone, or has a serious finding of axe", () => {
  expect(Seat.complaints.join("\n\n")).toBe("");
});
