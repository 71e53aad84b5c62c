// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reactive, ref, shallowRef } from "vue";
import { Refused } from "@/api";
import { now } from "@/room/clock";
import { dateTime } from "@/ui/format";
import { all, button, leaveAll, mounted, press, say, settled, words } from "../../../tests/mounted";
import Project from "./Project.vue";

const session = reactive({ session: null as object | null, roles: [] as string[] });
vi.mock("@/session", () => ({ useSession: () => session }));
const refresh = vi.fn(async () => undefined);
const room = {
  view: shallowRef<object | null>(null),
  log: shallowRef<object[]>([]),
  connection: ref("live"),
  problem: shallowRef<unknown>(null),
  refresh,
};
vi.mock("@/room", () => ({ useRoom: () => room }));
vi.mock("./LotNotice.vue", () => ({ default: { props: ["id", "project", "lot", "number"], render: () => null } }));

const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => {
  const call = (method: string) => (path: string, given?: object) => asked(`${method} ${path}`, given);
  return {
    ...(await real<object>()),
    api: { GET: call("GET"), PUT: call("PUT"), DELETE: call("DELETE") },
    data: (reply: unknown) => reply,
  };
});

const NOW = Date.UTC(2026, 10, 23, 2);
const HOUR = 3_600_000;
const official = (name: string) => ({ name, organisation: `91${name}` });
const viewOf = (more: object = {}) => ({
  ...{ title: "桥梁工程", number: "JY-1", t0: NOW + HOUR, published: true, closed_for_bids: false, changes: [], notice: "公告全文" },
  ...{ officials: { tenderer: official("甲"), centre: official("乙"), supervisor: official("丙") }, attachments: [] },
  ...{ lots: { "1": { stage: "bidding" } } },
  ...more,
});
const opened = (lots: object, more: object = {}) => viewOf({ t0: NOW - HOUR, closed_for_bids: true, lots, ...more });
const shown = (view: object | null = viewOf()) => {
  room.view.value = view;
  return mounted(Project, { project: "p" });
};
const links = () => all<HTMLAnchorElement>("a").map((it) => it.getAttribute("href"));
const text = (key: string, filled: Record<string, string | number> = {}) => say(`public.project.${key}`, filled);
const alerts = (...follows: string[]) => ({ channels: ["mail"], follows, mail: { address: "a@example.org", confirmed: true } });
let answers: Record<string, unknown>;

beforeEach(() => {
  now.value = NOW;
  Object.assign(session, { session: null, roles: [] });
  room.log.value = [];
  room.problem.value = null;
  refresh.mockClear();
  answers = { "GET /api/v1/alerts": alerts() };
  asked.mockReset().mockImplementation(async (what: string) => {
    const answer = answers[what];
    if (answer instanceof Error) throw answer;
    return answer;
  });
});
afterEach(leaveAll);

describe("what a visitor may press", () => {
  it("is to bid for no lot that no bids are taken for", async () => {
    await shown(viewOf({ lots: { "1": { stage: "bidding" }, "2": { stage: "cancelled" } } }));
    expect(links().filter((it) => it?.endsWith("/prepare"))).toEqual(["/bidder/p/lots/1/prepare"]);
  });

  it("is to bid for each lot before T0, and no complaint, record or console yet", async () => {
    await shown(viewOf({ lots: { "1": { stage: "bidding" }, "2": { stage: "bidding" } } }));
    expect(links().filter((it) => it?.endsWith("/prepare"))).toEqual(["/bidder/p/lots/1/prepare", "/bidder/p/lots/2/prepare"]);
    expect(links()).toContain("/projects/p/hall");
    expect(links().filter((it) => /complaints|record|host/.test(it ?? ""))).toEqual([]);
  });

  it("is not to bid once T0 has passed, whatever a lot is called: then one may complain", async () => {
    await shown(opened({ "1": { stage: "bidding" } }));
    expect(links().filter((it) => it?.endsWith("/prepare"))).toEqual([]);
    expect(button(say("complaints.button"))).toBeDefined();
    expect(words()).toContain(text("closedAt", { time: dateTime(NOW - HOUR, "second") }));
  });

  it("is not to bid where nothing is published or all was cancelled", async () => {
    await shown(viewOf({ published: false, lots: { "1": { stage: "preparing" } } }));
    expect(words()).toContain(text("draft"));
    expect(words()).not.toContain(text("untilOpening"));
    expect(links().filter((it) => it?.endsWith("/prepare"))).toEqual([]);
    leaveAll();
    await shown(viewOf({ lots: { "1": { stage: "cancelled" } } }));
    expect(links().filter((it) => it?.endsWith("/prepare"))).toEqual([]);
  });

  it("is the record of each lot that has one", async () => {
    await shown(opened({ "1": { stage: "closed", records: [{ record: "r1" }] }, "2": { stage: "signing", records: [] } }));
    expect(links().filter((it) => it?.endsWith("/record"))).toEqual(["/projects/p/lots/1/record"]);
  });

  it("is told which certificate a project of gm takes, while it takes bids", async () => {
    await shown(viewOf({ suite: "gm" }));
    expect(words()).toContain(text("needsSm2"));
    expect(words()).toContain(say("stages.suite.gm"));
    leaveAll();
    await shown(opened({ "1": { stage: "closed" } }, { suite: "gm" }));
    expect(words()).not.toContain(text("needsSm2"));
    leaveAll();
    await shown();
    expect(words()).not.toContain(text("needsSm2"));
    expect(words()).toContain(say("stages.suite.intl"));
  });

  it("is to manage it for a host alone", async () => {
    session.roles = ["bidder"];
    await shown();
    expect(links()).not.toContain("/host/p");
    leaveAll();
    session.roles = ["host"];
    await shown();
    expect(links()).toContain("/host/p");
  });
});

describe("changes", () => {
  const changes = [
    { kind: "clarified", time: 1, text: "澄清一", attachments: [{ digest: "d1", name: "澄清.pdf", size: 1_000 }] },
    { kind: "postponed", time: 2, text: "延期一天", attachments: [] },
    { kind: "terms_amended", time: 3, text: "改了条款", attachments: [], lot: "2" },
  ];

  it("are announced above, the latest first, and each says whether sealed bids still count", async () => {
    await shown(viewOf({ changes }));
    expect(words(all("[role=note]")[0])).toBe(text("changed", { count: 3 }));
    const told = all("li.change").map((it) => words(it));
    expect(told.map((it) => ["改了条款", "延期一天", "澄清一"].find((what) => it.includes(what)))).toEqual([
      "改了条款",
      "延期一天",
      "澄清一",
    ]);
    expect(told.map((it) => it.includes(text("stale")))).toEqual([true, false, false]);
    expect(told.map((it) => it.includes(text("keeps")))).toEqual([false, true, true]);
    expect(links()).toContain("/api/v1/projects/p/attachments/d1");
  });

  it("name the new opening time that the feed has for just that change", async () => {
    const body = (hours: number) => ({ t0: NOW + hours * HOUR });
    room.log.value = [
      { n: 1, kind: "published", time: 0, body: body(1) },
      { n: 2, kind: "postponed", time: 2, body: body(9) },
      { n: 3, kind: "postponed", time: 4, body: body(19) },
    ];
    await shown(viewOf({ changes: [...changes, { kind: "postponed", time: 4, text: "再延期", attachments: [] }] }));
    const times = [19, 9].map((hours) => text("newTime", { time: dateTime(NOW + hours * HOUR, "second") }));
    const told = all("li.change").map((it) => times.findIndex((time) => words(it).includes(time)));
    expect(told).toEqual([0, -1, 1, -1]);
  });
});

describe("following", () => {
  it("is for who is logged in, of what is published, and is begun and ended", async () => {
    await shown();
    expect(asked).not.toHaveBeenCalled();
    leaveAll();
    session.session = { certificate: "c1" };
    await shown();
    answers["PUT /api/v1/alerts/projects/{project}"] = alerts("p");
    answers["DELETE /api/v1/alerts/projects/{project}"] = alerts();
    await press(say("alerts.follow"));
    await press(say("alerts.following"));
    expect(button(say("alerts.follow"))).toBeDefined();
    const at = { params: { path: { project: "p" } } };
    const path = "/api/v1/alerts/projects/{project}";
    expect(asked.mock.calls.slice(1)).toEqual([
      [`PUT ${path}`, at],
      [`DELETE ${path}`, at],
    ]);
  });

  it("is not claimed where it failed", async () => {
    session.session = { certificate: "c1" };
    await shown();
    answers["PUT /api/v1/alerts/projects/{project}"] = new Refused(0);
    await press(say("alerts.follow"));
    expect(all("[role=alert]")).toHaveLength(1);
    expect(button(say("alerts.following"))).toBeUndefined();
  });
});

it("offers to try again where it could not be read, and not where there is no such project", async () => {
  room.problem.value = new Refused(0);
  await shown(null);
  await press(say("common.retry"));
  expect(refresh).toHaveBeenCalledTimes(1);
  room.problem.value = new Refused(404);
  await settled();
  expect(button(say("common.retry"))).toBeUndefined();
  expect(button(text("toOpenings"))).toBeDefined();
});
