import { test, beforeAll, afterAll, afterEach } from "vitest";
import { Story } from "./harness/story";
import { writeTender, publish } from "./acts/host";
import { prepare, handIn, readReceipt } from "./acts/submit";
import { pdf } from "./harness/papers";
let story: Story;
beforeAll(async () => { story = await Story.begin(); });
afterAll(() => story?.end());
afterEach((c) => story.curtain(c.task.result));
test("host", async () => {
  const host = await story.seat("host");
  await host.logIn(story.town.people.host);
  story.project = await writeTender(host, story.town, { number: "JY-1", title: "试", t0: await story.serverNow() + 600_000, lots: [{ title: "一", controlPrice: "8600000" }, { title: "二", controlPrice: "1200000" }] });
  for (const name of ["host", "centre", "supervisor"] as const)
    await story.town.does(name, "custodian", "key", story.project, "--custody", story.town.file(name, "custody"));
  await publish(host, story.project);
});
test("bidder", async () => {
  const a = await story.seat("a");
  await a.logIn(story.town.people.a);
  const documents = [pdf(story.town.file("a", "x.pdf"), "x", 4_000_000)];
  await prepare(a, story.project, "1", story.town.root, { price: "7985000", days: "200", manager: "吴海", documents });
  await handIn(a);
  await readReceipt(a);
});
