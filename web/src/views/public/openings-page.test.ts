// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refused } from "@/api";
import { now } from "@/room/clock";
import { all, button, field, leaveAll, mounted, press, say, settled, words } from "../../../tests/mounted";
import Openings from "./Openings.vue";

vi.mock("@/session", () => ({ useSession: () => ({ session: null, roles: [], restore: async () => undefined }) }));

/** Each question for a page of the list, and what it is answered. */
const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({
  ...(await real<object>()),
  api: { GET: (_: string, given: { params: { query: object } }) => asked(given.params.query) },
  data: (reply: unknown) => reply,
}));

const NOW = Date.UTC(2026, 10, 23, 2);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
type Query = { search?: string; stage?: string; from?: number; to?: number; after?: string };
const line = (id: string, stage: string, deadline: number, more: object = {}) => ({
  ...{ id, stage, deadline, title: `工程 ${id}`, number: `JY-${id}` },
  ...more,
});
let answers: (query: Query) => unknown;
const page = (projects: object[], next?: string) => ({ projects, next });
/** The list of a day, without a search. */
const ofDay =
  (lines: object[], earlier: object[] = [], next?: string) =>
  ({ search, stage }: Query) =>
    search ? page([]) : stage === "ended" ? page(earlier, next) : page(lines);
const queries = (): Query[] => asked.mock.calls.map(([query]) => query);
const searches = () => queries().filter((it) => it.search);
const titles = (group: string) => all(`[aria-labelledby=group-${group}] .title`).map((it) => words(it));
const pass = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  await settled();
};
async function type(text: string): Promise<void> {
  const search = field(say("public.openings.search"));
  search.value = text;
  search.dispatchEvent(new Event("input"));
  await settled();
}
async function chooseDay(date: string): Promise<void> {
  const day = field(say("public.openings.day"));
  day.value = date;
  day.dispatchEvent(new Event("change"));
  await settled();
  await settled();
}
const links = () => all<HTMLAnchorElement>("li.line a").map((it) => it.getAttribute("href"));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  now.value = NOW;
  answers = ofDay([]);
  asked.mockReset().mockImplementation(async (query: Query) => {
    const answer = answers(query);
    if (answer instanceof Error) throw answer;
    return answer;
  });
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

describe("the list", () => {
  it("has what runs first, then what is to come, and other days apart", async () => {
    answers = ({ stage }) => {
      if (stage === "open") return page([line("2", "unlocking", NOW - DAY)]);
      if (stage === "waiting") return page([line("4", "bidding", NOW + DAY)]);
      if (stage === "ended") return page([line("5", "closed", NOW - DAY)]);
      return page([line("1", "bidding", NOW + HOUR), line("3", "closed", NOW - 2 * HOUR)]);
    };
    await mounted(Openings);
    expect(all("h2").map((it) => it.id)).toEqual(["group-running", "group-waiting", "group-closed", "group-later", "group-earlier"]);
    expect(["running", "waiting", "closed", "later", "earlier"].flatMap(titles)).toEqual([..."21345"].map((it) => `工程 ${it}`));
  });

  it("leads to a hall where there is something to see, and to the record of each lot that ended past T0", async () => {
    const stages = { "1": "closed", "2": "cancelled", "3": "terminated" };
    answers = ofDay([
      line("1", "bidding", NOW + HOUR),
      line("2", "unlocking", NOW - HOUR),
      line("3", "closed", NOW - 2 * HOUR, { lots: 3, stages }),
      line("4", "bidding", NOW + 2 * DAY),
    ]);
    await mounted(Openings);
    expect(links().filter((it) => it?.endsWith("/hall"))).toEqual(["/projects/2/hall", "/projects/1/hall"]);
    expect(links().filter((it) => it?.endsWith("/record"))).toEqual(["/projects/3/lots/1/record", "/projects/3/lots/3/record"]);
  });

  it("is read again by itself, and just after the next T0", async () => {
    answers = ofDay([line("1", "bidding", NOW + HOUR)]);
    await mounted(Openings);
    const first = queries().length;
    await pass(30_000);
    expect(queries().length).toBe(first * 2);
    now.value = NOW + HOUR;
    await settled();
    answers = ofDay([line("1", "checking", NOW + HOUR)]);
    await pass(1_500);
    expect(titles("running")).toEqual(["工程 1"]);
  });

  it("stays when it could not be read again, and that is said", async () => {
    answers = ofDay([line("1", "bidding", NOW + HOUR)]);
    await mounted(Openings);
    answers = () => new Refused(0);
    await pass(30_000);
    expect(words()).toContain(say("common.unreachable"));
    expect(titles("waiting")).toEqual(["工程 1"]);
    answers = ofDay([line("1", "bidding", NOW + HOUR)]);
    await press(say("common.retry"));
    expect(all("[role=alert]")).toEqual([]);
  });

  it("goes on in the past from where it stood, and keeps what was read so", async () => {
    answers = ({ stage, after }) =>
      stage !== "ended" ? page([]) : after ? page([line("2", "closed", NOW - 2 * DAY)]) : page([line("1", "closed", NOW - DAY)], "n1");
    await mounted(Openings);
    await press(say("public.openings.more"));
    expect(queries().at(-1)).toMatchObject({ stage: "ended", after: "n1" });
    expect(titles("earlier")).toEqual(["工程 1", "工程 2"]);
    expect(button(say("public.openings.more"))).toBeUndefined();
    await pass(30_000);
    expect(titles("earlier")).toEqual(["工程 1", "工程 2"]);
  });
});

describe("a search", () => {
  it("is asked when the typing ends, stands in the address, and is of all days", async () => {
    answers = ({ search }) => (search ? page([line("1", "closed", NOW - 9 * DAY)]) : page([line("2", "bidding", NOW + HOUR)]));
    const shown = await mounted(Openings);
    await type("桥");
    await pass(200);
    await type(" 桥梁 ");
    await pass(200);
    expect(searches()).toEqual([]);
    await pass(100);
    expect(searches()).toEqual([{ search: "桥梁" }]);
    expect(decodeURIComponent(shown.address())).toBe("/?q=桥梁");
    expect(titles("earlier")).toEqual(["工程 1"]);
    expect(titles("waiting")).toEqual([]);
  });

  it("comes back from the address, and of one day where one is chosen", async () => {
    await mounted(Openings, {}, { at: "/?q=桥梁&day=2026-11-20" });
    const from = Date.parse("2026-11-20T00:00:00+08:00");
    expect(field(say("public.openings.search")).value).toBe("桥梁");
    expect(searches()).toEqual([{ search: "桥梁", from, to: from + DAY }]);
    expect(words()).toContain(say("public.openings.noneFound"));
  });

  it("is answered by the latest question, whichever answer comes first", async () => {
    let late = (_: unknown): void => undefined;
    answers = ({ search }) => {
      if (search === "桥") return new Promise((resolve) => (late = resolve));
      return page(search === "桥梁" ? [line("2", "bidding", NOW + HOUR)] : []);
    };
    await mounted(Openings);
    await type("桥");
    await pass(300);
    await type("桥梁");
    await pass(300);
    late(page([line("1", "bidding", NOW + HOUR)]));
    await settled();
    expect(titles("waiting")).toEqual(["工程 2"]);
  });

  it("and a day are both given up at one press", async () => {
    const shown = await mounted(Openings, {}, { at: "/?q=桥梁&day=2026-11-20" });
    answers = ofDay([line("2", "bidding", NOW + HOUR)]);
    await press(say("public.openings.clear"));
    await pass(300);
    expect(shown.address()).toBe("/");
    expect(titles("waiting")).toEqual(["工程 2"]);
    expect(button(say("public.openings.clear"))).toBeUndefined();
  });
});

describe("that there are none", () => {
  const none = () => all(".panel.muted").map((it) => words(it));
  let answer: (found: unknown) => void;
  const later = () => new Promise((resolve) => (answer = resolve));

  it("is said of another day only once that day was answered", async () => {
    answers = ofDay([line("1", "bidding", NOW + HOUR)]);
    await mounted(Openings);
    answers = ({ from, to }) => (from && to ? later() : page([]));
    await chooseDay("2026-11-20");
    expect([none(), words().includes(say("common.loading"))]).toEqual([[], true]);
    answer(page([]));
    await settled();
    expect([none(), words().includes(say("common.loading"))]).toEqual([[say("public.openings.noneOn", { day: "2026-11-20" })], false]);
  });

  it("is said of a search only once it was answered, and of the day again once that was", async () => {
    answers = ({ search }) => (search ? later() : page([]));
    await mounted(Openings);
    expect(none()).toEqual([say("public.openings.none")]);
    await type("桥");
    expect(none()).toEqual([]);
    await pass(300);
    expect(none()).toEqual([]);
    answer(page([]));
    await settled();
    expect(none()).toEqual([say("public.openings.noneFound")]);
    await type("");
    expect(none()).toEqual([]);
    await pass(300);
    expect(none()).toEqual([say("public.openings.none")]);
  });
});

it("shows the day that was chosen, and today again", async () => {
  const shown = await mounted(Openings);
  asked.mockClear();
  await chooseDay("2026-11-20");
  expect(shown.address()).toBe("/?day=2026-11-20");
  const from = Date.parse("2026-11-20T00:00:00+08:00");
  expect(queries()).toContainEqual({ from, to: from + DAY, after: undefined });
  expect(words()).toContain(say("public.openings.noneOn", { day: "2026-11-20" }));
  await chooseDay("2026-11-23");
  expect(shown.address()).toBe("/");
  expect(words()).toContain(say("public.openings.none"));
});
