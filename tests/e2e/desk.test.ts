/** Before T0 a bidder calls the desk, the centre answers, and nobody else learns of it; a wizard picks from the register. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import * as host from "./acts/host";
import { Seat } from "./harness/browser";
import { Story } from "./harness/story";
import type { Name } from "./harness/town";

let story: Story;
beforeAll(async () => {
  story = await Story.begin();
});
afterAll(() => story?.end());
afterEach(({ task }) => story.curtain(task.result));

const does = (name: Name, ...args: string[]) => story.town.does(name, ...args);

test("a project is published, and a copy of it is begun with one press", async () => {
  const { town } = story;
  const seat = await story.seat("host");
  await seat.logIn(town.people.host);
  const t0 = (await story.serverNow()) + 3_600_000;
  const lots = [{ title: "教学楼智能化工程", controlPrice: "8600000" }];
  story.project = await host.writeTender(seat, town, { number: "JY-2026-0201", title: "临江三中扩建工程", t0, lots });
  for (const name of ["host", "centre", "supervisor"] as const) {
    await does(name, "custodian", "key", story.project, "--custody", town.file(name, "custody"));
  }
  await host.publish(seat, story.project);
  await seat.go("/host");
  await seat.look("host-projects-copy", { narrow: true });
  await seat.page
    .getByRole("link", { name: seat.t("host.projects.copy") })
    .first()
    .click();
  await seat.page.waitForURL(/copy=/);
  expect(await seat.field("host.basics.title").inputValue()).toBe("临江三中扩建工程");
  expect(await seat.field("host.basics.number").inputValue()).toBe("");
});

test("whoever drafts picks the centre from the register, by the keyboard", async () => {
  const seat = story.at("host");
  await seat.go("/host/new");
  await seat.press("host.wizard.next");
  await seat.page.getByRole("button", { name: seat.t("host.steps.officials") }).click();
  const group = seat.page.getByRole("group", { name: seat.t("host.officials.centre"), exact: true });
  const name = group.getByLabel(seat.t("host.named.name"));
  const { centre } = story.town.people;
  await name.fill(centre.organisation.slice(0, 3));
  await group.getByRole("option").first().waitFor();
  await seat.look("wizard-directory", { narrow: true });
  await name.press("ArrowDown");
  await name.press("Enter");
  expect(await name.inputValue()).toBe(centre.organisation);
  expect(await group.getByLabel(seat.t("host.named.code")).inputValue()).toBe(centre.code);
});

test("a bidder without a bid calls, the centre answers, and the answer is there at once and after a reload", async () => {
  const { town, project } = story;
  const a = await story.seat("a");
  await a.logIn(town.people.a);
  await a.go(`/projects/${project}/hall`);
  await a.press("desk.button");
  await a.field("hall.help.text").fill("上传停在一半，怎么办？");
  await a.look("call-desk", { narrow: true });
  await a.press("hall.help.send");
  await a.reads("desk.sent");
  await a.page
    .locator("dialog[open]")
    .getByRole("button", { name: a.t("common.close"), exact: true })
    .click();

  const host_ = story.at("host");
  const told = await host_.page.evaluate(async () => (await fetch("/api/v1/helps")).json());
  expect(told.calls ?? []).toEqual([]);
  const centre = await story.seat("centre");
  await centre.logIn(town.people.centre);
  await centre.go("/centre/help");
  await centre.sees("上传停在一半，怎么办？");
  await centre.look("desk-call", { narrow: true });
  await centre.page.getByLabel(centre.t("centre.desk.answering", { name: town.people.a.organisation })).fill("请刷新页面，会接着上传。");
  await centre.press("centre.desk.sending");
  await a.sees("请刷新页面，会接着上传。");
  await a.look("call-answered", { narrow: true });
  await a.reload();
  await a.sees("请刷新页面，会接着上传。");
  await a.press("desk.acknowledge");
  await a.page.getByText("请刷新页面，会接着上传。").waitFor({ state: "hidden" });
  expect(Seat.complaints.join("\n\n")).toBe("");
});
