// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refused } from "@/api";
import { now } from "@/room/clock";
import { dateTime } from "@/ui/format";
import { anew, dutyOf, keyFor, lies, lineOf, locks, session } from "../../../tests/custodian";
import { all, button, leaveAll, mounted, press, say, settled, tick, words } from "../../../tests/mounted";
import Duties from "./Duties.vue";
import type { Line } from "./duties";
import type { DueLot } from "./many";

vi.mock("@/crypto/client", async () => ({ vault: (await import("../../../tests/custodian")).vault }));
vi.mock("@/session", async () => {
  const { session } = await import("../../../tests/custodian");
  return { useSession: () => session };
});
/** What the list was asked, and what the server answers: by method and path. */
const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({
  ...(await real<object>()),
  api: { GET: (path: string, given?: object) => asked(`GET ${path}`, given) },
  data: (reply: unknown) => reply,
}));
/** What the parts were given, and a button that says what the part says when it is through. */
const given = vi.hoisted(() => ({ making: [] as unknown[], due: [] as unknown[] }));
vi.mock("./Making.vue", async () => {
  const { h } = await import("vue");
  const sends = (it: { $emit(name: string, left: number): void }, name: string, left: number) =>
    h("button", { onClick: () => it.$emit("certified", left) }, name);
  return {
    default: {
      props: ["lines", "keys", "unread"],
      emits: ["kept", "certified"],
      render(it: { lines: unknown[]; $emit(name: string, left: number): void }) {
        given.making = it.lines;
        return h("div", [sends(it, "one is left", 1), sends(it, "all are certified", 0)]);
      },
    },
  };
});
vi.mock("./ReleaseMany.vue", async () => {
  const { h } = await import("vue");
  return {
    default: {
      props: ["due"],
      emits: ["released"],
      render(it: { due: unknown[] }) {
        given.due = it.due;
        return h("p", "releasing");
      },
    },
  };
});
vi.mock("./Standing.vue", () => ({ default: { props: ["agent", "projects"], emits: ["changed"], render: () => null } }));
vi.mock("./Ring.vue", () => ({ default: { props: ["keys", "lines"], emits: ["changed"], render: () => null } }));

const LIST = "GET /api/v1/projects";
const CUSTODY = "GET /api/v1/custody";
const DAY = 86_400_000;
let answers: Record<string, unknown>;
const project = (id: string, due?: string) => ({ id, hosts: [{ organisation: "91", name: "招标人" }], ...(due ? { due } : {}) });
/** An agent that is authorised for every host. */
const agent = (heard: number | undefined, until = now.value + 90 * DAY) => ({
  authorisations: [{ digest: "d", from: now.value - DAY, until }],
  ...{ authorised_until: until, ...(heard === undefined ? {} : { heard_at: heard }) },
});
const nobody = { authorisations: [] };
const answer = (lines: Line[], of: object = nobody, projects: object[] = []) => {
  answers[LIST] = { projects: lines };
  answers[CUSTODY] = { agent: of, projects };
};
const lacking = (id: string) => lineOf(id, dutyOf({ stage: "preparing", certified: false }));
const waiting = (id: string, key = id) => lineOf(id, dutyOf({ stage: "bidding", key }));
const releasing = (id: string, ...lots: string[]) => lineOf(id, ...lots.map((lot) => dutyOf({ lot, key: id })));
const phase = (name: string) => say(`custodian.phases.${name}`);
const titles = () => all("li.line strong").map((it) => words(it));
const line = (id: string) => all("li.line").find((it) => words(it).includes(`项目 ${id}`))!;
const alarms = () => all("[role=alert]").map((it) => words(it));
const open = (n: number) => say("custodian.making.open", { n });
const choose = (id: string) => say("custodian.making.choose", { title: `项目 ${id}` });
const ids = (lines: unknown) => (lines as Line[]).map(({ id }) => id);

beforeEach(() => {
  anew();
  answers = {};
  given.making = [];
  given.due = [];
  asked.mockReset().mockImplementation(async (what: string) => {
    const found = answers[what];
    if (found instanceof Error) throw found;
    return found;
  });
});
afterEach(leaveAll);

describe("what is due", () => {
  it("is released first: it stands on top, counted by lots, and all of it is handed on", async () => {
    await lies(keyFor("c"));
    answer([waiting("a"), lacking("b"), releasing("c", "1", "2")]);
    await mounted(Duties);
    expect(titles()).toEqual(["项目 c", "项目 b", "项目 a"]);
    expect(line("c").className).toContain("urgent");
    expect(line("b").className).not.toContain("urgent");
    expect(alarms()[0]).toContain(say("custodian.duties.urgent", { n: 2 }));
    await press(say("custodian.releasing.open"));
    const due = given.due as DueLot[];
    expect(due.map(({ line: of, duty, key }) => [of.id, duty.lot, key?.id])).toEqual([
      ["c", "1", "id-c"],
      ["c", "2", "id-c"],
    ]);
  });

  it("is no longer asked for where the share was given, and says so", async () => {
    answer([lineOf("a", dutyOf({ lot: "1", released: true }), dutyOf({ lot: "2", released: true }))]);
    await mounted(Duties);
    expect([alarms(), button(say("custodian.releasing.open"))]).toEqual([[], undefined]);
    expect(all("li.line .badge.green").map((it) => words(it))).toEqual([phase("released"), phase("released")]);
  });

  it("is a key for each project that has none, but for those that were taken out", async () => {
    answer([lacking("a"), lacking("b"), lacking("c"), waiting("d")]);
    await mounted(Duties);
    expect(all("li.line input[type=checkbox]")).toHaveLength(3);
    await tick(choose("b"));
    expect(words()).toContain(say("custodian.making.wanted", { n: 3, chosen: 2 }));
    await press(open(2));
    expect(ids(given.making)).toEqual(["a", "c"]);
  });

  it("is nothing when all were taken out, and everything when all were taken in again", async () => {
    answer([lacking("a"), lacking("b")]);
    await mounted(Duties);
    await press(say("custodian.making.none"));
    expect(button(open(0))?.disabled).toBe(true);
    await press(say("custodian.making.all"));
    await press(open(2));
    expect(ids(given.making)).toEqual(["a", "b"]);
  });

  it("is said to be done only when no project is left, and then asked for no more", async () => {
    const done = say("custodian.making.done", { n: 1 });
    answer([lacking("a")]);
    await mounted(Duties);
    await press(open(1));
    await press("one is left");
    expect(words()).not.toContain(done);
    answer([lineOf("a", dutyOf({ stage: "preparing", certified: true }))]);
    await press("all are certified");
    await settled();
    expect(all("[role=status]").map((it) => words(it))).toContain(done);
    expect(all("li.line .badge.green").map((it) => words(it))).toEqual([phase("certified")]);
    expect(button("all are certified")).toBeUndefined();
  });

  it("is no key before it can be read who has one already", async () => {
    const unlock = `${say("common.locked")} · ${say("common.unlock")}`;
    const invited = { ...lineOf("a"), invited: true } as Line;
    locks();
    answer([invited, lacking("b")]);
    await mounted(Duties);
    expect([button(open(2)), words().includes(say("custodian.making.wanted", { n: 2, chosen: 2 }))]).toEqual([undefined, true]);
    await lies(keyFor("a", undefined, { certified: 5 }));
    await press(unlock);
    expect([session.key !== null, button(unlock)]).toEqual([true, undefined]);
    await press(open(1));
    expect(ids(given.making)).toEqual(["b"]);
  });

  it("is again a key whose authorisation was revoked, whatever the list says", async () => {
    answer([lineOf("a", dutyOf({ stage: "preparing", certified: true }))], nobody, [project("a", "certify-again")]);
    await mounted(Duties);
    expect(words(line("a"))).toContain(say("custodian.standing.again"));
    await press(open(1));
    expect(ids(given.making)).toEqual(["a"]);
  });
});

describe("the agent", () => {
  it("certifies what it may while it is heard, and nothing is asked of the person", async () => {
    answer([lacking("a")], agent(now.value), [project("a", "certify")]);
    await mounted(Duties);
    expect(words(line("a"))).toContain(say("custodian.standing.willCertify"));
    expect([alarms(), button(open(1))]).toEqual([[], undefined]);
  });

  it("is told to be silent, and its projects are then the person's own again", async () => {
    const heard = now.value - 10 * 60_000;
    answer([lacking("a")], agent(heard), [project("a", "certify")]);
    await mounted(Duties);
    expect(alarms()).toEqual([say("custodian.standing.alarm.silent", { time: dateTime(heard) })]);
    expect(all(".note.red[role=alert]")).toHaveLength(1);
    expect(words(line("a"))).not.toContain(say("custodian.standing.willCertify"));
    await press(open(1));
    expect(ids(given.making)).toEqual(["a"]);
  });

  it("is relied on to its last day, and the end is told before it", async () => {
    const until = now.value + 5 * DAY;
    answer([lacking("a")], agent(now.value, until), [project("a", "certify")]);
    await mounted(Duties);
    expect(alarms()).toEqual([say("custodian.standing.alarm.ends", { time: dateTime(until) })]);
    expect([words(line("a")).includes(say("custodian.standing.willCertify")), button(open(1))]).toEqual([true, undefined]);
  });

  it("does not stand in for the person where it is authorised for other hosts", async () => {
    const some = agent(now.value);
    const authorisations = some.authorisations.map((it) => ({ ...it, hosts: ["92"] }));
    answer([lacking("a")], { ...some, authorisations }, [project("a", "certify")]);
    await mounted(Duties);
    expect(words(line("a"))).not.toContain(say("custodian.standing.willCertify"));
    expect(button(open(1))?.disabled).toBe(false);
  });
});

it("leaves out what is over until that is wanted, and says when nothing is there", async () => {
  answer([lineOf("a", dutyOf({ stage: "closed" }))]);
  await mounted(Duties);
  expect([titles(), words().includes(say("custodian.duties.none"))]).toEqual([[], true]);
  await tick(say("custodian.duties.withOver"));
  expect([titles(), words().includes(say("custodian.duties.none"))]).toEqual([["项目 a"], false]);
});

it("says that the list could not be read, and not that there is nothing to do", async () => {
  answer([]);
  answers[LIST] = new Refused(0);
  await mounted(Duties);
  expect(alarms()).toHaveLength(1);
  expect(words()).not.toContain(say("custodian.duties.none"));
});
