/** The platform's own stream in a supervisor's browser: read, searched, proved, kept, by keys alone and on a phone. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Seat } from "./harness/browser";
import { Story } from "./harness/story";

let story: Story;

beforeAll(async () => {
  story = await Story.begin();
});
afterAll(async () => {
  await story?.end();
});

test.each(["zh-CN", "en"] as const)("a supervisor looks at what happened to the platform (%s)", async (locale) => {
  const seat = await Seat.take(story.browser, `supervisor ${locale}`, story.town.url, { locale });
  await seat.logIn(story.town.people.supervisor);
  await seat.go("/audit");
  const entries = seat.page.locator("li.entry");
  await entries.first().waitFor();
  await seat.look("platform-audit", { narrow: true });

  // By keys: the search, Enter, and an entry opened by the space bar.
  await seat.field("audit.kind").selectOption("roles");
  await seat.field("audit.actor").fill(story.town.people.supervisor.organisation);
  await seat.field("audit.actor").press("Enter");
  await seat.page.waitForURL(/kind=roles/);
  await seat.reads("audit.kinds.role_bound");
  const line = entries.first().locator("button.line");
  await line.focus();
  await seat.page.keyboard.press("Space");
  const detail = entries.first().locator("section.detail");
  await detail.waitFor();
  expect(await detail.locator(".note.green").count()).toBe(1);
  await seat.look("platform-audit-entry", { narrow: true });

  // Kept with what proves it.
  const path = join(mkdtempSync(join(tmpdir(), "audit-")), "audit.jsonl");
  await seat.saves(() => seat.press("audit.jsonl"), path);
  const kept = readFileSync(path, "utf8").trim().split("\n");
  expect(kept.length).toBeGreaterThan(0);
  for (const text of kept) expect(JSON.parse(text)).toMatchObject({ root: expect.stringMatching(/^[0-9a-f]{64}$/) });
  seat.blameless();
});

test("nothing of it is too wide for a phone, or a serious finding of axe", () => {
  expect(Seat.complaints.join("\n\n")).toBe("");
});
