// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reactive, shallowRef } from "vue";
import { all, leaveAll, type Page, mounted, press, say, settled, words } from "../../../tests/mounted";
import HallPanel from "./HallPanel.vue";

const NOW = 1_000_000;
const session = reactive({
  session: { organisation: "own" },
  key: {},
  roles: ["bidder"],
  act: vi.fn(async () => ({})),
  keepUnlocked: () => vi.fn(),
});
vi.mock("@/session", () => ({ useSession: () => session }));
vi.mock("@/room/clock", async () => ({ now: (await import("vue")).ref(1_000_000), serverTime: () => 1_000_000 }));
vi.mock("@/bids", () => ({ useBids: () => ({ bids: [], load: async () => undefined, refresh: async () => undefined }) }));
vi.mock("./prepare/closing", () => ({ forgetAtClosing: () => undefined }));
/** What lies below is tried by itself: here counts what is there. */
vi.mock("./ChangesBanner.vue", () => ({ default: { inheritAttrs: false, render: () => null } }));
vi.mock("./hall/SignIn.vue", () => ({ default: { inheritAttrs: false, render: () => "[sign-in]" } }));
vi.mock("./hall/Unlock.vue", () => ({ default: { inheritAttrs: false, render: () => "[unlock]" } }));
vi.mock("./hall/Help.vue", () => ({ default: { inheritAttrs: false, render: () => "[help]" } }));
vi.mock("./hall/Speak.vue", () => ({
  default: { props: ["kind"], inheritAttrs: false, render: (it: { kind: string }) => `[${it.kind}]` },
}));
vi.mock("@/ui/desk/DeskCall.vue", () => ({ default: { inheritAttrs: false, render: () => "[desk]" } }));

const view = shallowRef<object>();
const room = { view, log: shallowRef([]), refresh: async () => undefined };
let page: Page;

const party = (more: object = {}) => ({
  ...{ party: "me", name: "甲公司", bid: "b1", refused: false, signed_in: true, course: { attempts: [] } },
  ...more,
});
const lot = (stage: string, more: object = {}, of: object = party()) => ({
  ...{
    title: "土建",
    stage,
    own: { party: "me", live: "b1", signed_in: true },
    parties: [of],
    schema: { fields: [] },
    lawful: {},
    due: NOW + 90_000,
  },
  ...more,
});
const seen = (lots: object, more: object = {}) => ({ t0: NOW - 1, closed_for_bids: true, sign_in_from: 0, changes: [], lots, ...more });
async function shown(lots: object, more: object = {}, chosen: string | undefined = "1"): Promise<void> {
  view.value = seen(lots, more);
  page = await mounted(
    HallPanel,
    { project: "p", room, lot: chosen, "onUpdate:lot": (now: string) => (page.given["lot"] = now) },
    { at: "/projects/p/hall?lot=1" },
  );
}
const title = () => words(all("h2")[0]);
const task = (name: string) => say(`hall.task.${name}.title`);
const clock = () => words(all(".countdown .label")[0]);

beforeEach(() => session.act.mockClear());
afterEach(leaveAll);

describe("what a bidder is to do now", () => {
  it("comes first, with the time that is left for it", async () => {
    await shown({ "1": lot("unlocking") });
    expect([title(), clock()]).toEqual([task("unlock"), say("hall.clock.unlocking")]);
    expect(words()).toContain("[unlock]");
    expect(all(".alarm")).toHaveLength(1);
  });

  it("is nothing any more after it has unlocked: the time is the others'", async () => {
    await shown({ "1": lot("unlocking", { due: NOW + 30_000 }, party({ course: { attempts: [], unlocked: true } })) });
    expect([title(), clock()]).toEqual([task("unlocked"), say("hall.clock.others")]);
    expect([all(".alarm").length, all(".alarmed").length]).toEqual([0, 0]);
  });

  it("is signing in late, by leave, where nobody has", async () => {
    await shown({ "1": lot("checking", {}, party({ signed_in: false })) });
    expect(title()).toBe(task("checking"));
    expect(words()).toContain("[sign-in]");
    leaveAll();
    await shown({ "1": lot("checking") });
    expect(words()).not.toContain("[sign-in]");
  });

  it("is nothing for whom took no part", async () => {
    await shown({ "1": lot("unlocking", { own: undefined, parties: [] }) });
    expect(words()).toBe("");
  });

  it("follows the room", async () => {
    await shown({ "1": lot("checking") });
    view.value = seen({ "1": lot("unlocking") });
    await settled();
    expect(title()).toBe(task("unlock"));
  });

  it("stands still while the lot is suspended, and says so", async () => {
    await shown({ "1": lot("unlocking", { suspended: NOW }) });
    expect(words()).toContain(say("hall.stopped"));
    expect(all(".countdown.stopped")).toHaveLength(1);
  });
});

it("calls from another lot, where that cannot wait, and leads there", async () => {
  await shown({ "1": lot("checking"), "2": lot("unlocking", { title: "绿化" }) });
  expect(words(all("[role=alert]")[0])).toContain(task("unlock"));
  await press(new RegExp(`^${say("hall.goThere")}`));
  expect(page.given["lot"]).toBe("2");
  await settled();
  expect([title(), all("[role=alert]").length]).toEqual([task("unlock"), 0]);
});

describe("whom it may speak to", () => {
  it("are the host and the lot's desk from T0 on, before it the desk that learns of no bid", async () => {
    await shown({ "1": lot("checking") });
    for (const there of ["[question]", "[object]", "[help]"]) expect(words()).toContain(there);
    leaveAll();
    await shown({ "1": lot("bidding", { parties: undefined, due: undefined }) }, { closed_for_bids: false, t0: NOW + 60_000 });
    expect(words()).toContain("[desk]");
    for (const there of ["[question]", "[object]", "[help]"]) expect(words()).not.toContain(there);
  });

  it("are not there for an objection while the record is signed, and for nothing at the end", async () => {
    await shown({ "1": lot("signing") });
    expect([words().includes("[question]"), words().includes("[object]")]).toEqual([true, false]);
    leaveAll();
    await shown({ "1": lot("closed") });
    expect(words()).not.toContain("[question]");
  });
});

it("says of a bid that did not open what was found, and by whom it is decided", async () => {
  const finding = { finding: "forfeited", first: "forfeited", rule: "no_attempt", decided: false, cites: [] };
  await shown({ "1": lot("opened", {}, party({ finding, outcome: "shares_missing" })) });
  expect(title()).toBe(task("not-opened"));
  for (const told of ["stages.finding.forfeited", "stages.rule.no_attempt", "hall.finding.undecided", "stages.outcome.shares_missing"])
    expect(words()).toContain(say(told));
});
