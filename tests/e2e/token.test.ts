/**
 * A bidder whose key is behind the token agent: pairs, logs in, seals, hands in and unlocks; what is not agreed to is not done.
 * Beside it one whose certificate is of SM2, in a project of the other suite.
 */
import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import * as bidder from "./acts/bidder";
import { believe, fill, seal } from "./acts/prepare";
import { handIn, prepare, preparing, received } from "./acts/submit";
import { Seat } from "./harness/browser";
import { pdf } from "./harness/papers";
import { Story } from "./harness/story";
import { draft, sheet } from "./harness/tender";
import { TokenAgent } from "./harness/token";
import type { Name } from "./harness/town";

const LOT = "1";
const PORT = 27_391;
/** Of the spare key file. */
const PHRASE = "correct horse battery";

let story: Story;
let agent: TokenAgent | undefined;
beforeAll(async () => {
  story = await Story.begin();
});
afterAll(async () => {
  await agent?.stop();
  await story?.end();
});
afterEach(({ task }) => story.curtain(task.result));

const does = (name: Name, ...args: string[]) => story.town.does(name, ...args);

test("there is a tender, and two bids made from the command line", async () => {
  const { town } = story;
  const t0 = (await story.serverNow()) + 300_000;
  const project = { number: "JY-2026-0311", title: "临江二中智能化工程", t0, window: 300 };
  const tender = town.writes("host", "draft.json", draft(town, project));
  story.project = (await does("host", "project", "draft", "--file", tender)).id;
  for (const name of ["host", "centre", "supervisor"] as const)
    await does(name, "custodian", "key", story.project, "--custody", town.file(name, "custody"));
  await does("host", "project", "publish", story.project);
  for (const [index, name] of (["a", "c"] as const).entries()) {
    const [paper, form, bid] = [town.file(name, "paper.pdf"), town.file(name, "sheet.json"), town.file(name, "bid.kbid")];
    pdf(paper, "Technical proposal", 20_000);
    writeFileSync(form, JSON.stringify(sheet(800_000_000 + index, 200, town.people[name].person, "1.50")));
    await does(name, "account", "register");
    const at = ["--terms", `http://127.0.0.1:${town.port}`, "--project", story.project, "--lot", LOT];
    await does(name, "bid", "seal", ...at, "--sheet", form, "--document", paper, "--output", bid);
    await does(name, "bid", "submit", bid);
  }
});

test("without the program the page says what to start, and no reload is needed once it runs", async () => {
  const seat = await story.seat("d");
  seat.tokenAgent = `http://127.0.0.1:${PORT}/kaibiao/1/`;
  await seat.go("/login");
  await seat.press("token.instead");
  await seat.look("login-token", { narrow: true });
  await seat.page
    .locator("summary")
    .filter({ hasText: seat.t("token.more") })
    .click();
  await seat.field("token.port").fill(String(PORT));
  await seat.press("token.connect");
  await seat.page.getByText("token-agent-unreachable").waitFor();

  agent = await TokenAgent.start(story.town, story.town.people.d, PORT);
  await seat.press("token.connect");
  await agent.code();
  await seat.field("token.code").fill("0000 0000");
  await seat.press("token.pair");
  await seat.page.getByText("token-agent-code-wrong").waitFor();
  await seat.press("token.again");
  await seat.press("token.connect");
  await seat.field("token.code").fill(await agent.code());
  await seat.look("login-token-code", { narrow: true });
  await seat.press("token.pair");
  await seat.sees(story.town.people.d.organisation);
  await seat.look("login-token-choose", { narrow: true });
  await seat.press("login.submit");

  // The first act is asked for in the window.
  await seat.button("login.register").waitFor();
  await seat.press("login.register");
  await seat.reads("token.waiting");
  await agent.answers("no");
  await seat.page.getByText("token-agent-declined").waitFor();
  await seat.press("login.register");
  expect(await agent.answers("")).toContain("登记本单位");
  await seat.page.waitForURL((url) => !url.pathname.startsWith("/login"));
});

test("the bid is sealed to the token's certificate, rehearsed there, and handed in", async () => {
  const { town, project } = story;
  const paper = town.file("d", "技术文件.pdf");
  pdf(paper, "Technical proposal", 60_000);
  const seat = story.at("d");
  await prepare(seat, project, LOT, town.root, { price: "8,100,000", days: "210", manager: "徐立", rate: "2.5", documents: [paper] });
  await seat.press("bidder.submit.go");
  const asked = await agent!.answers("");
  expect(asked).toContain(project);
  expect(asked).toContain("递交投标文件");
  await received(seat);
});

test("who has SM2 alone is told to make a spare key file, seals to it alone, and hands the bid in by the SM2 signature", async () => {
  const { town, project } = story;
  await story.keepAhead(60);
  const seat = await story.seat("g");
  await seat.logIn(town.people.g);
  await seat.go(preparing(project, LOT));
  await seat.unlocks();
  await seat.reads("tool.suite.spare");
  await believe(seat, town.root);
  await seat.look("prepare-sm2-intl", { narrow: true });
  const paper = pdf(town.file("g", "技术文件.pdf"), "Technical proposal", 60_000);
  // Without a spare key the last step is not come to.
  await fill(seat, { price: "8,200,000", days: "215", manager: town.people.g.person, rate: "1.5", documents: [paper] });
  await seat.reads("tool.suite.spare");
  await seat.press("tool.spares.new");
  for (const field of ["passphrase", "again"]) await seat.page.getByLabel(seat.t(`tool.keyfile.${field}`), { exact: true }).fill(PHRASE);
  await seat.saves(() => seat.press("tool.keyfile.make"), town.file("g", "spare.kkey"));
  await seat.reads("tool.spares.kind.keyfile");
  await seat.press("tool.next");
  await seat.reads("tool.suite.onlySpares");
  await seal(seat);
  await handIn(seat);
});

// It waits for T0, and on a quick machine for nearly all of the time until then.
const WAIT = 360_000;

test("after a reload the key is there still, and in the window b is given once the person agrees", { timeout: 2 * WAIT }, async () => {
  const seat = story.at("d");
  await story.stands(LOT, "checking", WAIT);
  await does("host", "opening", "list", story.project, "--lot", LOT);
  await does("host", "opening", "start", story.project, "--lot", LOT);
  await seat.go(bidder.hall(story.project, LOT));
  await bidder.task(seat, "unlock", 60_000);
  await seat.press("hall.unlock.go");
  const asked = await agent!.answers("");
  expect(asked).toContain("交出这份投标的解密密钥");
  await seat.reads("hall.unlock.done", {}, 60_000);
  // The yes to b held for the act that sends it.
  expect(agent!.rest).not.toContain("请输入");
  for (const name of ["a", "c"] as const) await does(name, "bid", "unlock", story.town.file(name, "bid.kbid"));
  const g = story.at("g");
  await g.go(bidder.hall(story.project, LOT));
  await bidder.task(g, "unlock", 60_000);
  await g.unlocks();
  await g.reads("hall.unlock.spare");
  await g.look("hall-sm2-intl", { narrow: true });
  await g.field("tool.other.file").setInputFiles(story.town.file("g", "spare.kkey"));
  await g.field("tool.other.passphrase").fill(PHRASE);
  await g.press("hall.unlock.otherGo");
  await g.reads("hall.unlock.done", {}, 60_000);
  await story.stands(LOT, "releasing");
});

test("no screen is too wide for a phone, or has a serious finding of axe", () => {
  expect(Seat.complaints.join("\n\n")).toBe("");
});
