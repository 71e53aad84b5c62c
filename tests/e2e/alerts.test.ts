/** A person says where alerts go, shows that the address is theirs, follows a project, and is written to. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import * as host from "./acts/host";
import { Seat } from "./harness/browser";
import { Relay } from "./harness/relay";
import { Story } from "./harness/story";

let story: Story;
let relay: Relay;
beforeAll(async () => {
  relay = await Relay.open();
  story = await Story.begin(
    `[mail]\nurl = "smtp://127.0.0.1:${relay.port}"\nfrom = "开标系统 <hall@example.org>"\n[alerts]\ngather_seconds = 0\n`,
  );
});
afterAll(async () => {
  relay?.close();
  await story?.end();
});
afterEach(({ task }) => story.curtain(task.result));

test("an address counts once its code was entered, and a wrong one says what to do", async () => {
  const seat = await story.seat("a");
  await seat.logIn(story.town.people.a);
  await seat.go("/account");
  await seat.field("alerts.address.mail").fill("zhang@example.org");
  await seat.press("alerts.save");
  await seat.reads("alerts.saved");
  const letter = await relay.next();
  expect(letter.to).toContain("zhang@example.org");
  const code = /\d{6}/.exec(letter.text)?.[0] ?? "";
  const typed = seat.page.locator("input[inputmode=numeric]");
  await typed.fill(code === "000000" ? "000001" : "000000");
  await seat.press("alerts.confirm");
  await seat.sees("验证码不正确");
  await seat.look("account-alerts", { narrow: true, full: true });
  await typed.fill(code);
  await typed.press("Enter");
  await seat.reads("alerts.confirmed");
});

test("who follows a project is told that something happened, and nothing of what was said", async () => {
  const { town } = story;
  const seat = await story.seat("host");
  await seat.logIn(town.people.host);
  const t0 = (await story.serverNow()) + 3_600_000;
  const lots = [{ title: "教学楼智能化工程", controlPrice: "8600000" }];
  story.project = await host.writeTender(seat, town, { number: "JY-2026-0301", title: "临江四中扩建工程", t0, lots });
  for (const name of ["host", "centre", "supervisor"] as const) {
    await town.does(name, "custodian", "key", story.project, "--custody", town.file(name, "custody"));
  }
  await host.publish(seat, story.project);

  const bidder = story.at("a");
  await bidder.go(`/projects/${story.project}`);
  await bidder.press("alerts.follow");
  await bidder.reads("alerts.following");
  await bidder.look("project-followed", { narrow: true });
  await town.does("host", "project", "clarify", story.project, "--title", "工期", "--text", "以日历天计");
  let told = await relay.next();
  // The certificates of these stories may end soon, and that is told too; T0 is within the hour.
  while (!told.text.includes("澄清")) told = await relay.next();
  expect(told.text).toContain("临江四中扩建工程");
  expect(told.text).toContain(`/projects/${story.project}`);
  expect(told.text).not.toContain("日历天");

  await bidder.go("/account");
  // What was sent can be looked up, with where it is about.
  await bidder.reads("alerts.history.is.sent");
  await bidder.sees("临江四中扩建工程");
  await bidder.look("account-history", { narrow: true, full: true });
  const centre = await story.seat("centre");
  await centre.logIn(town.people.centre);
  await centre.go("/centre/figures");
  await centre.reads("alerts.sums.month");
  await centre.reads("figures.none");
  await centre.look("figures-none", { narrow: true });
  await bidder.press("alerts.forget");
  await bidder.confirm();
  await bidder.reads("alerts.history.none");
  await expect.poll(() => bidder.field("alerts.address.mail").inputValue()).toBe("");
});

test("nothing of it is too wide for a phone, or a serious finding of axe", () => {
  expect(Seat.complaints.join("\n\n")).toBe("");
});
