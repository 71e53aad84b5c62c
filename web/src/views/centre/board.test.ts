// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reactive } from "vue";
import { Refused } from "@/api";
import { now } from "@/room/clock";
import { all, button, fill, leaveAll, mounted, press, say, settled, tick, words } from "../../../tests/mounted";
import Board from "./Board.vue";

const act = vi.fn(async (_project: string, _body: object): Promise<object> => ({}));
const session = reactive({ roles: ["centre"], act });
vi.mock("@/session", () => ({ useSession: () => session }));
vi.mock("@/views/complaints/ComplaintsBand.vue", () => ({ default: { render: () => null } }));
const chime = vi.hoisted(() => vi.fn());
vi.mock("./chime", () => ({ chime, allowSound: async () => undefined }));

/** What the server is asked, and what it answers: by method and path. */
const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({
  ...(await real<object>()),
  api: { GET: (path: string, given?: object) => asked(`GET ${path}`, given) },
  data: (reply: unknown) => reply,
}));

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 23, 2);
const counts = { bids: 10, refused: 0, waiting: 0, unlocked: 10, failed: 0, opened: 0 };
const plain = {
  ...{ title: "土建", stage: "unlocking", since: NOW, due: NOW + 30 * MINUTE, minimum: 3, release: 2, counts, window: true },
  ...{ objections_open: 0, questions_open: 0, disputed: 0, findings_open: 0, rescues_asked: 0, custodians: [] },
};
const room = (id: string, lot: object = {}, more: object = {}) => ({
  ...{ id, number: `JY-${id}`, title: `工程 ${id}`, t0: NOW - MINUTE, closed_for_bids: true, host: ["甲代理"], operator: "张三" },
  ...{ lots: { "1": { ...plain, ...lot } }, helps_waiting: 0, custodians_seen: [], ...more },
});
const bidding = (id: string, t0: number) => room(id, { stage: "bidding", due: undefined, window: false }, { t0, closed_for_bids: false });
const failing = { counts: { ...counts, unlocked: 5, failed: 5 } };
let answer: unknown;
const board = (...rooms: object[]) => ({
  now: now.value,
  since: NOW - 60 * MINUTE,
  ready: { ready: true, checks: { store: true } },
  rooms,
});

const seconds = async (n: number) => {
  now.value += n * 1_000;
  await vi.advanceTimersByTimeAsync(n * 1_000);
  await settled();
};
const titles = () => all("article h2").map((it) => words(it));
const told = () => words(all("p[role=alert]")[0]);
const take = say("centre.take.name");
const inDialog = () => all<HTMLButtonElement>("dialog button[type=submit]").at(-1);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  localStorage.clear();
  now.value = NOW;
  session.roles = ["centre"];
  act.mockReset().mockResolvedValue({});
  chime.mockReset();
  answer = board(room("1"));
  asked.mockReset().mockImplementation(async (what: string) => {
    if (what !== "GET /api/v1/board") return { signs: [] };
    if (answer instanceof Error) throw answer;
    return answer;
  });
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

describe("the rooms", () => {
  it("stand with trouble first, and its number stands in the title of the page", async () => {
    answer = board(room("1"), room("2", failing), room("3", { stage: "closed" }));
    await mounted(Board);
    expect(titles()).toEqual(["工程 2", "工程 1", "工程 3"]);
    expect(words(all("article")[0])).toContain(say("centre.alarms.failures", { n: 5 }));
    expect(document.title.startsWith("(1) ")).toBe(true);
  });

  it("are those of today and whatever still runs, until other days are asked for", async () => {
    const day = 24 * 60 * MINUTE;
    answer = board(bidding("1", NOW + MINUTE), bidding("2", NOW + day), room("3", {}, { t0: NOW - 2 * day }));
    await mounted(Board);
    expect(titles().sort()).toEqual(["工程 1", "工程 3"]);
    await tick(say("centre.board.everyDay"));
    expect(titles().sort()).toEqual(["工程 1", "工程 2", "工程 3"]);
  });

  it("are also those of the next day that open within hours, or in which something is wrong", async () => {
    now.value = Date.UTC(2026, 10, 23, 15, 40);
    const silent = { custodians: [{ x: 1, name: "乙中心", organisation: "C1", agent: true }] };
    const soon = bidding("2", now.value + 25 * MINUTE);
    answer = board(
      bidding("1", now.value + 25 * MINUTE),
      { ...soon, lots: { "1": { ...soon.lots["1"], ...silent } } },
      bidding("3", now.value + 11 * 60 * MINUTE),
      { ...bidding("4", now.value + 11 * 60 * MINUTE), helps_waiting: 1, helps_oldest: now.value },
    );
    await mounted(Board);
    expect(titles().sort()).toEqual(["工程 1", "工程 2", "工程 4"]);
    expect(words()).toContain("乙中心");
    expect(document.title.startsWith("(2) ")).toBe(true);
  });

  it("without trouble are hidden where only trouble is wanted, and come back when something goes wrong", async () => {
    answer = board(room("1"), room("2", failing));
    await mounted(Board);
    await tick(say("centre.board.troubleOnly"));
    expect(titles()).toEqual(["工程 2"]);
    answer = board(room("1", { suspended: NOW }), room("2", failing));
    await seconds(4);
    expect(titles().sort()).toEqual(["工程 1", "工程 2"]);
  });
});

it("says that no room is in trouble, and not that there is none, where only trouble is wanted", async () => {
  const says = () => ["none", "noTrouble"].map((it) => words().includes(say(`centre.board.${it}`)));
  await mounted(Board);
  await tick(say("centre.board.troubleOnly"));
  expect([titles(), says()]).toEqual([[], [false, true]]);
  answer = board();
  await seconds(4);
  expect(says()).toEqual([true, false]);
});

describe("a new alarm", () => {
  it("is read out once, and what was there at the beginning is not", async () => {
    answer = board(room("1", failing), room("2"));
    await mounted(Board);
    expect(told()).toBe("");
    answer = board(room("1", failing), room("2", failing));
    await seconds(4);
    expect(told()).toContain("工程 2");
    expect(told()).not.toContain("工程 1");
  });

  it("comes with time alone, without news of the server", async () => {
    answer = board(room("1", {}, { helps_waiting: 1, helps_oldest: NOW }));
    await mounted(Board);
    now.value = NOW + 3 * MINUTE + 1_000;
    await settled();
    expect(told()).toContain(say("centre.short.helpLate"));
  });

  it("sounds only where a sound is wanted", async () => {
    await mounted(Board);
    answer = board(room("1", failing));
    await seconds(4);
    expect(chime).not.toHaveBeenCalled();
    await press(say("centre.board.soundOff"));
    chime.mockReset();
    answer = board(room("1", failing), room("2", failing));
    await seconds(4);
    expect(chime).toHaveBeenCalledTimes(1);
  });
});

it("says that nothing is known when the server has been silent, and not at the first silence", async () => {
  await mounted(Board);
  answer = new Refused(0);
  await seconds(8);
  expect(words()).not.toContain(say("centre.board.stale"));
  await seconds(16);
  expect(words()).toContain(say("centre.board.stale"));
  expect(button(say("common.retry"))).toBeDefined();
  answer = board(room("1"));
  await press(say("common.retry"));
  expect(words()).not.toContain(say("centre.board.stale"));
});

describe("taking over", () => {
  it("names whose acts no longer count, wants a reason and a wait, and leads to the console", async () => {
    answer = board(room("1"), room("2", failing));
    const page = await mounted(Board);
    // The first is the one in trouble.
    await press(take);
    expect(words(all("dialog[open]")[0])).toContain(say("centre.take.will", { operator: "张三" }));
    await seconds(5);
    expect(inDialog()?.disabled).toBe(true);
    await fill(say("centre.take.reason"), " 主持人失联 ");
    inDialog()!.click();
    await settled();
    expect(act.mock.calls).toEqual([["2", { act: "take-over", reason: "主持人失联" }]]);
    await settled();
    expect(page.address()).toBe("/host/2/console");
  });

  it("stays with what was written where it was refused", async () => {
    act.mockRejectedValueOnce(new Refused(0));
    const page = await mounted(Board);
    await press(take);
    await fill(say("centre.take.reason"), "主持人失联");
    await seconds(5);
    inDialog()!.click();
    await settled();
    expect(words(all("dialog[open]")[0])).toContain(say("common.unreachable"));
    expect(page.address()).toBe("/");
    inDialog()!.click();
    await settled();
    expect(act.mock.calls[1]).toEqual(act.mock.calls[0]);
  });

  it("is for the centre, of what is not over", async () => {
    answer = board(room("1", { stage: "closed" }));
    await mounted(Board);
    expect(button(take)).toBeUndefined();
    leaveAll();
    session.roles = ["administrator"];
    answer = board(room("1"));
    await mounted(Board);
    expect(titles()).toEqual(["工程 1"]);
    expect(button(take)).toBeUndefined();
  });
});
