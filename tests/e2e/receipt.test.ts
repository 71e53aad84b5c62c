/** A receipt from the promise to the proof, in browsers: its bidder fetches both, and a stranger checks them with the network cut. */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Seat } from "./harness/browser";
import { pdf } from "./harness/papers";
import { Story } from "./harness/story";
import { draft, sheet } from "./harness/tender";

const LOT = "1";

let story: Story;
let digest = "";

beforeAll(async () => {
  story = await Story.begin("", 2);
});
afterAll(() => story?.end());
afterEach(({ task }) => story.curtain(task.result));

const file = (name: string) => story.town.file("a", name);

test("a bid is in, and its bidder has the receipt as a file and on paper", async () => {
  const { town } = story;
  const t0 = (await story.serverNow()) + 45_000;
  const tender = town.writes("host", "draft.json", draft(town, { number: "JY-2026-0451", title: "临江六中食堂改造", t0, window: 600 }));
  story.project = (await town.does("host", "project", "draft", "--file", tender)).id;
  for (const name of ["host", "centre", "supervisor"] as const)
    await town.does(name, "custodian", "key", story.project, "--custody", town.file(name, "custody"));
  await town.does("host", "project", "publish", story.project);
  pdf(file("技术文件.pdf"), "Technical proposal", 20_000);
  writeFileSync(file("sheet.json"), JSON.stringify(sheet(800_000_000, 200, town.people.a.person, "3.25")));
  await town.does("a", "account", "register");
  const at = ["--terms", `http://127.0.0.1:${town.port}`, "--project", story.project, "--lot", LOT];
  await town.does(
    "a",
    "bid",
    "seal",
    ...at,
    "--sheet",
    file("sheet.json"),
    "--document",
    file("技术文件.pdf"),
    "--output",
    file("bid.kbid"),
  );
  digest = (await town.does("a", "bid", "submit", file("bid.kbid"))).bid;
  const seat = await story.seat("a");
  await seat.logIn(town.people.a);
  await seat.go(`/bidder/${story.project}/lots/${LOT}/receipt/${digest}`);
  await seat.saves(() => seat.press("bidder.receipt.save"), file("page.receipt.json"));
  await seat.saves(() => seat.press("bidder.receipt.paper"), file("page.pdf"));
  expect(readFileSync(file("page.pdf")).subarray(0, 8).toString()).toBe("%PDF-1.7");
  await seat.press("bidder.receipt.proof.save");
  await seat.reads("bidder.receipt.proof.early");
});

test("a stranger without a network is told that it is a promise", async () => {
  const seat = await story.seat("public");
  await seat.go("/receipt");
  await seat.reads("common.equipped");
  await expect.poll(() => seat.field("receipt.trust.origin").inputValue()).not.toBe("");
  await seat.context.setOffline(true);
  await seat.field("receipt.trust.file").setInputFiles(file("bid.kbid.terms.json"));
  await expect.poll(() => seat.field("receipt.trust.quorum").inputValue()).toBe("2");
  await seat.field("receipt.file").setInputFiles(file("page.receipt.json"));
  await seat.reads("receipt.outcome.promise");
  await seat.sees(digest);
  await seat.look("check-receipt", { narrow: true });
});

test("after T0 the bidder has the proof, and the stranger sees that the promise was kept, or what was altered", async () => {
  // One bid is too few for this lot; its receipt is worth no less.
  await story.stands(LOT, "failed_few_bids", 120_000);
  const bidder = story.at("a");
  await expect
    .poll(() => proof(bidder), { timeout: 60_000, interval: 1_000 })
    .toMatchObject({ format: "kaibiao/1 receipt proof", receipt: JSON.parse(readFileSync(file("page.receipt.json"), "utf8")) });
  // Once the witnesses have cosigned what is served stays: it is asked for until it holds.
  await story.town.does("a", "bid", "receipt", file("bid.kbid"));
  const seat = story.at("public");
  await seat.field("receipt.file").setInputFiles(file("bid.kbid.proof.json"));
  await seat.reads("receipt.outcome.proved");
  await seat.look("check-receipt-proved", { narrow: true });
  const text = readFileSync(file("bid.kbid.proof.json"), "utf8");
  writeFileSync(file("altered.json"), text.replace('\\"lot\\":\\"1\\"', '\\"lot\\":\\"2\\"'));
  await seat.field("receipt.file").setInputFiles(file("altered.json"));
  await seat.reads("receipt.found.event-differs");
});

test("the bundle holds in a stranger's browser without a network, by a policy noted before and by the platform's own word", async () => {
  const { town, project } = story;
  await town.does("a", "trust", "policy", "--project", project, "--output", file("policy.json"));
  const address = `http://127.0.0.1:${town.port}/api/v1/projects/${project}/bundle?edition=public`;
  await expect.poll(async () => (await fetch(address)).status, { timeout: 120_000, interval: 1_000 }).toBe(200);
  writeFileSync(file("public.kev"), Buffer.from(await (await fetch(address)).arrayBuffer()));
  const seat = story.at("public");
  await seat.context.setOffline(false);
  await seat.go("/verify");
  await seat.field("verify.file").setInputFiles(file("public.kev"));
  await seat.page.getByText(String(seat.t("verify.own")), { exact: true }).click();
  await seat.field("verify.ownRoots").setInputFiles(town.root);
  await seat.press("verify.ownFill");
  await seat.reads("verify.ownFilled");
  await seat.context.setOffline(true);
  await seat.press("verify.check");
  await seat.reads("verify.verdictWithout");
  await seat.look("verify-bundle", { narrow: true });
  await seat.field("verify.policyFile").setInputFiles(file("policy.json"));
  await seat.field("verify.receipts").setInputFiles(file("page.receipt.json"));
  await seat.press("verify.check");
  await seat.reads("verify.verdictWithout");
  await seat.sees("page.receipt.json");
  const cut = readFileSync(file("public.kev"));
  writeFileSync(file("cut.kev"), cut.subarray(0, cut.length - 1));
  await seat.field("verify.file").setInputFiles(file("cut.kev"));
  await seat.press("verify.check");
  await seat.reads("verify.unreadable", { at: "bundle" });
});

test("no screen is too wide for a phone, or has a serious finding of axe", () => {
  expect(Seat.complaints.join("\n\n")).toBe("");
});

/** What the bidder's page saves as the proof, as soon as there is one. */
async function proof(seat: Seat): Promise<unknown> {
  const saved = seat.page.waitForEvent("download", { timeout: 3_000 }).catch(() => undefined);
  await seat.press("bidder.receipt.proof.save");
  const download = await saved;
  if (!download) return undefined;
  await download.saveAs(file("page.proof.json"));
  return JSON.parse(readFileSync(file("page.proof.json"), "utf8"));
}
