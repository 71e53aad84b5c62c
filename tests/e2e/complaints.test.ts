/** Complaints in browsers: of a visitor without a certificate, of a registered organisation, and the supervisor who decides and answers. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Seat } from "./harness/browser";
import { Story } from "./harness/story";
import { draft } from "./harness/tender";

let story: Story;
/** What the visitor was given. */
const own = { number: "", secret: "" };

beforeAll(async () => {
  story = await Story.begin();
});
afterAll(() => story?.end());
afterEach(({ task }) => story.curtain(task.result));

const path = () => `/projects/${story.project}/complaints`;

test("before the opening nobody complains, and the page says so", async () => {
  const { town } = story;
  const t0 = (await story.serverNow()) + 40_000;
  const file = town.writes("host", "draft.json", draft(town, { number: "JY-2026-0401", title: "临江五中扩建工程", t0, window: 600 }));
  story.project = (await town.does("host", "project", "draft", "--file", file)).id;
  for (const name of ["host", "centre", "supervisor"] as const) {
    await town.does(name, "custodian", "key", story.project, "--custody", town.file(name, "custody"));
  }
  await town.does("host", "project", "publish", story.project);
  const visitor = await story.seat("public");
  await visitor.go(path());
  await visitor.reads("complaints.form.why.after-opening-only");
  // Nobody bids, so both lots fail at T0.
  await story.stands("1", "failed_few_bids", 90_000);
});

test("a visitor complains with a name and a file, and is given a number and a secret", async () => {
  const { town } = story;
  const visitor = story.at("public");
  await visitor.go(`/projects/${story.project}`);
  await visitor.page.getByRole("link", { name: visitor.t("complaints.button") }).click();
  await visitor.field("complaints.form.request").fill("请求调查代理机构");
  await visitor.field("complaints.form.text").fill("代理机构的工作人员在公告前向个别单位透露了项目信息。");
  await visitor.page.locator("input[type=file]").setInputFiles(town.writes("a", "照片.txt", "照片内容"));
  await visitor.field("complaints.form.name").fill("王某某");
  await visitor.field("complaints.form.reach").fill("13800000000");
  await visitor.look("complaint-form", { narrow: true, full: true });
  await visitor.press("complaints.form.send");
  await visitor.reads("complaints.secret.title");
  await visitor.look("complaint-secret", { narrow: true });
  own.secret = await visitor.page.locator("code.code").innerText();
  own.number = await visitor.page.locator("section.note dd.num").innerText();
  expect(own.secret).toMatch(/^[0-9a-f]{64}$/);
});

test("a registered organisation signs its complaint, and host and centre are told of neither", async () => {
  const { town } = story;
  const seat = await story.seat("a");
  await seat.logIn(town.people.a);
  await seat.go(path());
  await seat.field("complaints.matter").selectOption("collusion");
  await seat.field("complaints.form.request").fill("请求查处");
  await seat.field("complaints.form.text").fill("多家单位约定不投标。");
  await seat.field("complaints.form.cites").fill("#1，2");
  await seat.press("complaints.form.sign");
  await seat.sees("多家单位约定不投标。");
  await seat.reads("complaints.standings.waiting");
  const host = await story.seat("host");
  await host.logIn(town.people.host);
  await host.go(path());
  await host.reads("complaints.form.title");
  expect(await host.words()).not.toContain("约定不投标");
  expect((await town.asks(`projects/${story.project}/complaints`)).counts).toEqual({ open: 0, answered: 0, overdue: 0 });
});

test("the supervisor sees them on its first screen, takes one up and answers, and declines the other", async () => {
  const { town } = story;
  const seat = await story.seat("supervisor");
  await seat.logIn(town.people.supervisor);
  await seat.go("/supervisor");
  await seat.reads("complaints.waiting", { n: 2 });
  await seat.look("supervisor-complaints-band", { narrow: true });
  await seat.page.getByRole("link", { name: seat.t("complaints.toList") }).click();
  await seat.sees("王某某");
  await seat.look("supervisor-complaints", { narrow: true, full: true });
  const card = (n: string) => seat.page.getByRole("article", { name: String(seat.t("complaints.number", { n })) });
  const decide = (n: string, step: string) =>
    card(n).getByRole("button", { name: new RegExp(`^${String(seat.t(`complaints.decide.${step}`))}`) });
  await decide(own.number, "takeUp").click();
  await seat.confirm();
  await decide(own.number, "answer").click();
  await seat.page.locator("dialog[open] textarea").fill("经查，未发现透露项目信息的情形。");
  await seat.confirm();
  await card(own.number).getByText("未发现透露").waitFor();
  const other = String(Number(own.number) + 1);
  await decide(other, "decline").click();
  await seat.page.locator("dialog[open] textarea").fill("没有必要的证明材料，可补充后再次投诉。");
  await seat.confirm();
  await card(other).getByText("必要的证明材料").waitFor();

  await seat.go(`/supervisor/${story.project}?tab=events`);
  await seat.reads("complaints.cited", { n: other });
  await seat.look("supervisor-cited", { narrow: true });
});

test("the visitor reads the answer and its own file by number and secret, and the signer why its complaint was declined", async () => {
  const visitor = story.at("public");
  await visitor.go(path());
  const line = (key: string) => visitor.page.getByRole("textbox", { name: String(visitor.t(key)), exact: true });
  await line("complaints.secret.number").fill(own.number);
  await line("complaints.secret.code").fill(own.secret);
  await visitor.press("complaints.read.go");
  await visitor.sees("未发现透露项目信息");
  await visitor.look("complaint-read", { narrow: true, full: true });
  await visitor.sees(/已受理待答复 0 件，已答复 1 件/);
  const seat = story.at("a");
  await seat.go(path());
  await seat.sees("没有必要的证明材料");
  // Host and centre know of which kind it was, and no more.
  const host = story.at("host");
  await host.go(path());
  await host.reads("complaints.told");
  const words = await host.words();
  expect(words).toContain("已答复");
  expect(words).not.toMatch(/王某某|未发现|透露/);
  const centre = await story.seat("centre");
  await centre.logIn(story.town.people.centre);
  await centre.go("/centre");
  await centre.sees(/已受理待答复 0 件，已答复 1 件/);
});

test("nothing of it is too wide for a phone, or a serious finding of axe", () => {
  expect(Seat.complaints.join("\n\n")).toBe("");
});
