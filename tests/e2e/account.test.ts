/** One's own account: who one is here, one's certificate's digest, and one's sessions on other machines. */
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

test.each([
  ["host", "zh-CN"],
  ["centre", "en"],
] as const)("%s ends a session that was left open elsewhere (%s)", async (who, locale) => {
  const person = story.town.people[who];
  const here = await Seat.take(story.browser, `${who} here`, story.town.url, { locale });
  await here.logIn(person);
  const elsewhere = await Seat.take(story.browser, `${who} elsewhere`, story.town.url, { locale });
  await elsewhere.logIn(person);
  const cookie = (await elsewhere.context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");

  await here.page.locator("header a.person").click();
  await here.page.waitForURL(/\/account$/);
  await here.reads("login.account.this");
  await here.look("account", { narrow: true });
  await here.press("login.account.end");
  await here.reads("login.account.ended");

  // A page whose key is unlocked begins another session by itself; this one is over.
  const asked = await fetch(`${story.town.url}/api/v1/session`, { headers: { cookie } });
  expect(asked.status).toBe(401);

  // All the others at once, after a second press.
  const third = await Seat.take(story.browser, `${who} third`, story.town.url, { locale });
  await third.logIn(person);
  const others = (await third.context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  await here.reload();
  const list = here.page.locator("section[aria-labelledby=account-sessions]");
  await list.getByRole("button", { name: here.t("login.account.endOthers", { n: 1 }) }).waitFor();
  await here.press("login.account.endOthers", { n: 1 });
  await here.look("account-end-others", { narrow: true });
  await here.press("login.account.endOthersSure", { n: 1 });
  await here.reads("login.account.ended");
  const again = await fetch(`${story.town.url}/api/v1/session`, { headers: { cookie: others } });
  expect(again.status).toBe(401);
  here.blameless();
});

test("nothing of it is too wide for a phone, or a serious finding of axe", () => {
  expect(Seat.complaints.join("\n\n")).toBe("");
});
