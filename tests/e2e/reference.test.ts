/** A base that the host seals in the wizard, reveals under the confirmation of the announcement, and that everybody then sees. */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import * as console_ from "./acts/console";
import * as host from "./acts/host";
import { Seat } from "./harness/browser";
import { pdf } from "./harness/papers";
import { Story } from "./harness/story";
import { sheet } from "./harness/tender";
import type { Name } from "./harness/town";

const LOT = "1";
const BIDDERS = ["a", "b", "c"] as const;

let story: Story;
beforeAll(async () => {
  story = await Story.begin();
});
afterAll(() => story?.end());
afterEach(({ task }) => story.curtain(task.result));

const does = (name: Name, ...args: string[]) => story.town.does(name, ...args);
const file = () => story.town.file("host", "base.reference.json");

test("the host seals a base in the wizard and publishes a commitment", async () => {
  const seat = await story.seat("host");
  await seat.logIn(story.town.people.host);
  story.project = await host.writeTender(seat, story.town, {
    number: "JY-2026-0231",
    title: "临江三中操场改造",
    t0: (await story.serverNow()) + 120_000,
    lots: [{ title: "塑胶跑道工程", controlPrice: "", sealed: { kind: "base", amount: "8,350,000.50", file: file() } }],
  });
  expect(JSON.parse(readFileSync(file(), "utf8"))).toMatchObject({ kaibiao: "reference/1", kind: "base", lot: LOT, value: "835000050" });
  for (const name of ["host", "centre", "supervisor"] as const)
    await does(name, "custodian", "key", story.project, "--custody", story.town.file(name, "custody"));
  await host.publish(seat, story.project, true);
  const { reference } = (await story.view()).lots[LOT];
  expect(reference.kind).toBe("base");
  expect(reference.revealed).toBeUndefined();
  const visitor = await story.seat("public");
  await visitor.go(`/projects/${story.project}`);
  await visitor.reads("stages.reference.sealed");
  await visitor.sees(reference.commitment);
});

test("bidders bid without knowing it, and the bids are opened", async () => {
  const { project, town } = story;
  for (const [index, name] of BIDDERS.entries()) {
    const [paper, form, bid] = [town.file(name, "技术文件.pdf"), town.file(name, "sheet.json"), town.file(name, "bid.kbid")];
    pdf(paper, "Technical proposal", 20_000);
    writeFileSync(form, JSON.stringify(sheet(800_000_000 + index * 40_000_000, 200, town.people[name].person)));
    await does(name, "account", "register");
    const at = ["--terms", `http://127.0.0.1:${town.port}`, "--project", project, "--lot", LOT];
    await does(name, "bid", "seal", ...at, "--sheet", form, "--document", paper, "--output", bid);
    await does(name, "bid", "submit", bid);
  }
  await story.stands(LOT, "checking", 180_000);
  await does("host", "opening", "list", project, "--lot", LOT);
  await does("host", "opening", "start", project, "--lot", LOT);
  for (const name of BIDDERS) await does(name, "bid", "unlock", town.file(name, "bid.kbid"));
  await story.stands(LOT, "releasing");
  for (const name of ["host", "centre"] as const)
    await does(name, "custodian", "release", project, "--lot", LOT, "--custody", town.file(name, "custody"));
  await story.stands(LOT, "opened");
});

test("one confirmation reveals it and announces", async () => {
  const seat = story.at("host");
  await console_.sit(seat, story.project);
  await seat.button("host.console.acts.announce").waitFor();
  await console_.act(seat, "announce");
  await story.stands(LOT, "announced");
  const { revealed } = (await story.view()).lots[LOT].reference;
  expect(revealed.value).toBe("835000050");
  await console_.tab(seat, "announced");
  await seat.sees("8,350,000.50");
  await seat.reads("stages.reference.holds");
  await seat.look("console-reference", { narrow: true });
});

test("the hall, its screen and the notice show it, checked by each browser", async () => {
  const visitor = story.at("public");
  await visitor.go(`/projects/${story.project}/hall`);
  await visitor.sees("8,350,000.50");
  await visitor.reads("stages.reference.holds");
  await visitor.look("hall-reference", { narrow: true, full: true });
  const screen = await story.seat("screen", { viewport: { width: 1366, height: 768 } });
  await screen.go(`/projects/${story.project}/screen`);
  await screen.sees("8,350,000.50");
  await screen.look("screen-reference");
  await visitor.go(`/projects/${story.project}`);
  await visitor.reads("stages.reference.holds");
});

test("no screen was found wanting", () => {
  expect(Seat.complaints.join("\n\n")).toBe("");
});
