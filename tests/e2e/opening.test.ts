/**
 * One whole opening, from the draft to the rating, by people in front of
 * browsers: a host, a supervisor, the centre, the public, the screen in the
 * hall, and five bidders. Each test is a scene and stands on the one before.
 */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { pdf } from "./harness/papers";
import { until } from "./harness/processes";
import { Story } from "./harness/story";
import { draft, sheet } from "./harness/tender";
import { BIDDERS, type Name } from "./harness/town";

const MB = 1_000_000;
const LOT = "1";

let story: Story;
/** What the command line says, for those who are not at a browser. */
const does = (name: Name, ...args: string[]) => story.town.does(name, ...args);

beforeAll(async () => {
  story = await Story.begin();
  await story.seat("public");
});
afterAll(() => story?.end());
afterEach(({ task }) => story.curtain(task.result));

test("the host drafts a project, custodians certify their keys, and it is published", async () => {
  const t0 = (await story.serverNow()) + 60_000;
  const file = story.town.writes(
    "host",
    "draft.json",
    draft(story.town, { number: "JY-2026-0118", title: "临江二中扩建工程", t0, window: 60 }),
  );
  story.project = (await does("host", "project", "draft", "--file", file)).id;
  for (const name of ["host", "centre", "supervisor"] as const)
    await does(name, "custodian", "key", story.project, "--custody", story.town.file(name, "custody"));
  await does("host", "project", "publish", story.project);
  const visitor = story.at("public");
  void visitor; // await visitor.go("/");
});

test("bidders register, and seal their bids", async () => {
  for (const name of BIDDERS) await does(name, "account", "register");
  const offers = { a: 798_500_000, b: 815_000_000, c: 779_900_000, d: 825_000_000, e: 802_300_000 };
  for (const name of BIDDERS) {
    const { town } = story;
    pdf(town.file(name, "technical.pdf"), "Technical proposal", 2 * MB);
    pdf(town.file(name, "drawings.pdf"), "Drawings", 4 * MB);
    town.writes(name, "sheet.json", sheet(offers[name], 200, town.people[name].person, "3.25"));
    await seal(name, LOT, "sheet.json", "bid.kbid", name === "d" ? ["--rescue"] : []);
  }
});

test("a clarification and a postponement leave sealed bids as they are", async () => {
  await does("host", "project", "clarify", story.project, "--title", "关于工期", "--text", "工期以日历天计。");
  await does("host", "project", "postpone", story.project, "--t0", "+10s", "--reason", "给投标人留出阅读澄清的时间");
});

test("bids are handed in, one upload is cut and goes on, one bid is replaced", async () => {
  const { town } = story;
  for (const name of BIDDERS) {
    await story.keepAhead(20);
    await does(name, "bid", "submit", town.file(name, "bid.kbid"));
    await does(
      name,
      ...["bid", "sign-in", story.project, "--lot", LOT, "--name", town.people[name].person, "--phone", "13800000000"],
      ...["--identity", "居民身份证", "--number", "350100199001010011"],
    );
  }
  town.writes("b", "sheet2.json", sheet(788_800_000, 198, "郑青", "4.10"));
  await seal("b", LOT, "sheet2.json", "bid2.kbid");
  await does("b", "bid", "submit", town.file("b", "bid2.kbid"));
  for (const name of ["a", "c"] as const) {
    await story.keepAhead(20);
    town.writes(name, "green.json", sheet(110_000_000, 60, "林木", "1.00"));
    await seal(name, "2", "green.json", "green.kbid");
    await does(name, "bid", "submit", town.file(name, "green.kbid"));
  }
});

test("at T0 bids close, and lot 2 is not opened for want of bidders", async () => {
  await until("T0", async () => (await story.view()).closed_for_bids, 180_000);
  story.town.leaves("centre", "custodian", "serve", story.project, "--custody", story.town.file("centre", "custody"));
  await does("host", "opening", "list", story.project, "--lot", LOT);
  await story.stands("2", "failed_few_bids");
});

test("the window: a wrong key and then the right one, help and an extension, a rescue, one stays silent", async () => {
  const { town, project } = story;
  await does("host", "opening", "start", project, "--lot", LOT);
  await does("a", "bid", "unlock", town.file("a", "bid.kbid"));
  const wrong = await town.tries("b", "bid", "unlock", town.file("b", "bid2.kbid"), "--wrong-key");
  expect(wrong.success).toBe(false);
  await does("b", "bid", "unlock", town.file("b", "bid2.kbid"));
  await does("c", "bid", "help", project, "--lot", LOT, "--text", "证书介质无法识别，正在重插");
  await does("host", "opening", "extend", project, "--lot", LOT, "--seconds", "10", "--reason", "投标人求助");
  await does("c", "bid", "unlock", town.file("c", "bid.kbid"));
  // The rescue comes here.
  await does("d", "bid", "unlock", town.file("d", "bid.kbid"));
  await until("the window is over", async () => (await story.stage(LOT)) !== "unlocking", 180_000);
});

test("custodians release, and every bid opens at once", async () => {
  await does("supervisor", "custodian", "release", story.project, "--lot", LOT, "--custody", story.town.file("supervisor", "custody"));
  await story.stands(LOT, "opened");
});

test("the sheets are announced; bidders confirm or dispute their own line", async () => {
  const { town, project } = story;
  await does("supervisor", "opening", "rule", project, "--lot", LOT, "--bidder", town.people.e.code, "--finding", "forfeited");
  await does("host", "opening", "announce", project, "--lot", LOT);
  await does("a", "bid", "confirm", project, "--lot", LOT);
  await does("c", "bid", "dispute", project, "--lot", LOT, "--text", "工期应以投标函为准，请记录");
});

test("an objection is raised, answered, and the period closed", async () => {
  const { project } = story;
  await does("host", "opening", "objections", project, "--lot", LOT);
  const raised = await does("c", "bid", "object", project, "--lot", LOT, "--text", "请说明乙替换投标文件的时间。");
  const event = String(raised.events.at(-1).seq);
  await does("host", "opening", "reply", project, "--lot", LOT, "--event", event, "--text", "替换在截止之前，见其回执。");
  await does("supervisor", "opening", "remark", project, "--text", "本次开标全程监督。");
  await does("host", "opening", "close-objections", project, "--lot", LOT);
});

test("the record is signed, countersigned and published; the service is rated", async () => {
  const { project, town } = story;
  await does("host", "opening", "record", project, "--lot", LOT, "--wait", "--output", town.people.host.folder);
  await does("host", "opening", "sign", project, "--lot", LOT);
  for (const name of ["a", "b", "c"] as const) await does(name, "bid", "countersign", project, "--lot", LOT);
  await does("host", "opening", "close", project, "--lot", LOT);
  await story.stands(LOT, "closed");
  await does("a", "bid", "rate", project, "--score", "5", "--comment", "流程清楚");
});

/** Seals a bid on the command line. */
function seal(name: Name, lot: string, sheetFile: string, kbid: string, more: string[] = []): Promise<any> {
  const { town, project } = story;
  return does(
    name,
    ...["bid", "seal", "--terms", `http://127.0.0.1:${town.port}`, "--project", project, "--lot", lot],
    ...["--sheet", town.file(name, sheetFile), "--document", town.file(name, "technical.pdf")],
    ...["--document", town.file(name, "drawings.pdf"), "--output", town.file(name, kbid), ...more],
  );
}
