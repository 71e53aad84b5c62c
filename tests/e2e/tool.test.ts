/** 投标文件制作工具: one page that seals a bid on a machine without a network. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { believe, fill, openKey, seal } from "./acts/prepare";
import { Seat, launch } from "./harness/browser";
import { pdf } from "./harness/papers";
import { draft } from "./harness/tender";
import { Town } from "./harness/town";

const MB = 1_000_000;

let town: Town;
let browser: Browser;
let project: string;
let page: string;

beforeAll(async () => {
  [town, browser] = await Promise.all([Town.build(), launch()]);
  const t0 = Date.now() + 3_600_000;
  const file = town.writes("host", "draft.json", draft(town, { number: "JY-2026-0120", title: "临江二中操场改造", t0, window: 600 }));
  project = (await town.does("host", "project", "draft", "--file", file)).id;
  for (const name of ["host", "centre", "supervisor"] as const)
    await town.does(name, "custodian", "key", project, "--custody", town.file(name, "custody"));
  await town.does("host", "project", "publish", project);
});
afterAll(async () => {
  await browser?.close();
  await town?.close();
});

test("the tool is served with the digest that is shown beside it", async () => {
  const bytes = Buffer.from(await (await fetch(`${town.url}/tool/kaibiao-tool.html`)).arrayBuffer());
  if (process.env["KAIBIAO_PAGE"] !== "dist") {
    const told = await town.asks("tool");
    expect(told).toMatchObject({ path: "/tool/kaibiao-tool.html", size: bytes.length });
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(told.sha256);
  }
  page = join(town.folder, "kaibiao-tool.html");
  writeFileSync(page, bytes);
  // Nothing in it names an address to fetch from.
  expect(bytes.toString("utf8")).toMatch(/connect-src 'none'/);
});

test("a bid is sealed and rehearsed on a machine without a network, and the command line opens it", async () => {
  const kbid = await prepared("c", "zh-CN");
  const seen = await town.does("c", "bid", "inspect", "--check", kbid);
  expect(seen.lot ?? seen.inspection?.lot).toBe("1");
  await town.does("c", "bid", "rehearse", kbid);
  await town.does("c", "account", "register");
  await town.does("c", "bid", "submit", kbid);
});

test("the tool speaks English, and takes a pair of certificates", async () => {
  const kbid = await prepared("d", "en");
  await town.does("d", "bid", "rehearse", kbid);
});

test("no screen of the tool is too wide for a phone, or has a serious finding of axe", () => {
  expect(Seat.complaints.join("\n\n")).toBe("");
});

/** Somebody prepares a bid offline; the .kbid. */
async function prepared(name: "c" | "d", locale: "zh-CN" | "en"): Promise<string> {
  const seat = await Seat.take(browser, name, `file://${page}`, { locale });
  await seat.context.setOffline(true);
  await seat.go(`file://${page}`);
  const terms = join(town.folder, "1.terms.json");
  writeFileSync(terms, JSON.stringify(await termsPackage()));
  await seat.look("tool", { narrow: true });
  await seat.field("tool.offline.file").setInputFiles(terms);
  await believe(seat, town.root);
  await seat.look("tool-terms", { narrow: true });
  const documents = [
    pdf(town.file(name, "technical.pdf"), "Technical proposal", 2 * MB),
    pdf(town.file(name, "drawings.pdf"), "Drawings", 6 * MB),
  ];
  await fill(seat, { price: "7,985,000.00", days: "200", manager: "吴海", rate: "3.25", documents }, "tool");
  await openKey(seat, town.people[name]);
  const began = Date.now();
  await seal(seat);
  console.log(`sealed 8 MB offline in ${Date.now() - began} ms`);
  const kbid = await seat.saves(() => seat.press("tool.save"), town.file(name, "offline.kbid"));
  await seat.press("tool.rehearse.start");
  await seat.reads("tool.rehearse.good");
  await seat.look("tool-sealed", { narrow: true });
  seat.blameless();
  await seat.leave();
  expect(readFileSync(kbid).length).toBeGreaterThan(8 * MB);
  return kbid;
}

/** As the project's page hands it out. */
async function termsPackage(): Promise<unknown> {
  const view = await town.asks(`projects/${project}`);
  const { origin, cas, keys, receipt_key } = await town.asks("platform");
  const terms = await (await fetch(`${town.url}/api/v1/projects/${project}/lots/1/terms`)).text();
  const acts: Judged[] = [view.publication, ...JSON.parse(terms).custodians.map(({ certified }: { certified: Judged }) => certified)];
  const digests = new Set(acts.flatMap(({ grounds }) => grounds.crls.flatMap((list) => list?.digest ?? [])));
  const lists = await Promise.all([...digests].map(list));
  return {
    kaibiao: "terms/1",
    ...{ project, lot: "1", number: view.number, title: view.title, lot_title: view.lots["1"].title, t0: view.t0 },
    ...{ control_price: view.lots["1"].control_price, terms, publication: view.publication, lists },
    platform: { origin, cas, receipt_key: receipt_key ?? keys?.receipt },
  };
}

/** An accepted act, as far as it tells on which lists it was judged. */
interface Judged {
  grounds: { crls: ({ digest: string } | null)[] };
}

/** A revocation list that the platform has kept, base64. */
async function list(digest: string): Promise<string> {
  const reply = await fetch(`${town.url}/api/v1/revocation-lists/${digest}`);
  expect(reply.status).toBe(200);
  return Buffer.from(await reply.arrayBuffer()).toString("base64");
}
