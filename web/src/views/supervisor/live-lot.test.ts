// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { dateTime } from "@/ui/format";
import { all, button, fill, leaveAll, type Page, mounted, press, say, settled, words } from "../../../tests/mounted";
import LiveLot from "./LiveLot.vue";

const act = vi.fn(async (_project: string, _body: object): Promise<object> => ({}));
vi.mock("@/session", () => ({ useSession: () => ({ act }) }));

const course = (more: object = {}) => ({ attempts: [], unlocked: false, ...more });
const party = (name: string, more: object = {}) => ({
  ...{
    party: name,
    bid: `bid-${name}`,
    name: `公司 ${name}`,
    organisation: `91${name}`,
    refused: false,
    signed_in: true,
    course: course(),
  },
  ...more,
});
const counts = { bids: 5, refused: 1, waiting: 2, unlocked: 1, failed: 1, opened: 0 };
const lotOf = (parties: object[], more: object = {}) => ({
  ...{ title: "土建", stage: "unlocking", reached: "unlocking", minimum: 3, counts, parties },
  ...more,
});
let page: Page;
const shown = async (lot: object) => (page = await mounted(LiveLot, { project: "p", id: "1", lot }));
const rows = () => all("tbody tr").map((it) => words(it));
const live = (key: string, filled: Record<string, string | number> = {}) => say(`supervisor.live.${key}`, filled);
const state = (name: string) => live(`states.${name}`);
/** The state of each bidder, in the order of the rows. */
const states = () => all("tbody tr").map((it) => words(it.querySelectorAll("td")[2]!.querySelector(".badge")!));
const order = say("supervisor.orders.rescue.name");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  act.mockReset().mockResolvedValue({});
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

describe("the bidders of a lot", () => {
  const parties = [
    party("a", { course: course({ unlocked: true, attempts: ["key_mismatch"] }) }),
    party("b", { course: course({ attempts: ["key_mismatch"] }) }),
    party("c"),
    party("d", { refused: true, course: course({ unlocked: true }) }),
    party("e", { course: course({ attempts: ["key_mismatch"], rescue_asked: true }) }),
  ];

  it("each stand as they fare in the window", async () => {
    await shown(lotOf(parties));
    expect(states()).toEqual(["unlocked", "failed", "waiting", "refused", "rescue"].map(state));
  });

  it("who have not unlocked have missed it once the window is over, in the counts as well", async () => {
    await shown(lotOf(parties, { stage: "releasing", reached: "releasing" }));
    expect(states()).toEqual(["unlocked", "missed", "missed", "refused", "missed"].map(state));
    expect(all("dl dt").map((it) => words(it))).toContain(live("missed"));
    leaveAll();
    await shown(lotOf(parties));
    expect(all("dl dt").map((it) => words(it))).toContain(live("waiting"));
  });

  it("say whom nobody vouches for, what they have in common, and what the counts are", async () => {
    const flag = { common: "name", what: "同名公司", others: ["公司 b"], more: 0 };
    const members = [{ name: "成员", organisation: "92", signed: false }];
    await shown(lotOf([party("a", { unvouched: true, flags: [flag], members, signed_in: false })]));
    expect(rows()[0]).toContain(say("stages.table.unvouched", { name: "公司 a" }));
    expect(rows()[0]).toContain(say("stages.table.unsigned", { name: "成员" }));
    expect(rows()[0]).toContain("同名公司");
    expect(rows()[0]).toContain(live("notSignedIn"));
    expect(all("dl dd").map((it) => words(it))).toEqual(["5", "1", "2", "1", "1", "0"]);
  });

  it("are found by name, code and representative, and that not all are shown is said", async () => {
    const many = Array.from({ length: 120 }, (_, i) => party(`x${i}`));
    many[110] = party("y", { representative: { name: "王五", phone: "1", identity: "", identity_number: "" } });
    await shown(lotOf(many));
    expect(rows()).toHaveLength(100);
    expect(words()).toContain(live("shown", { shown: 100, all: 120 }));
    await fill(live("search"), "王五");
    expect(rows()).toHaveLength(1);
    expect(rows()[0]).toContain("公司 y");
    await fill(live("search"), "91X10");
    expect(rows()).toHaveLength(11);
    await fill(live("search"), "");
    await press(say("common.more"));
    expect(rows()).toHaveLength(120);
  });
});

describe("a rescue", () => {
  const orderable = course({ attempts: ["key_mismatch"], rescue_asked: true, rescue_orderable: true });
  const may = (more: object = {}) => party("b", { course: orderable, ...more });

  it("is offered for whom it can be ordered, and for nobody else", async () => {
    await shown(lotOf([party("a"), may()]));
    expect(all("tbody tr").map((it) => it.querySelector("button") !== null)).toEqual([false, true]);
    for (const lot of [
      lotOf([may()], { stage: "releasing", reached: "releasing" }),
      lotOf([may({ refused: true })]),
      lotOf([may({ course: { ...orderable, unlocked: true } })]),
    ]) {
      leaveAll();
      await shown(lot);
      expect(button(order)).toBeUndefined();
    }
  });

  it("is ordered for the very bid whose button was pressed, though the list changes meanwhile", async () => {
    await shown(lotOf([may(), party("c", { course: orderable })]));
    all<HTMLButtonElement>("tbody button")[1]!.click();
    await settled();
    page.given["lot"] = lotOf([party("c", { course: orderable })]);
    await settled();
    expect(words(all("dialog[open]")[0])).toContain("公司 c");
    await fill(say("supervisor.orders.reason"), " 证书损坏 ");
    await vi.advanceTimersByTimeAsync(5_000);
    await press(say("supervisor.orders.send"));
    expect(act.mock.calls).toEqual([["p", { act: "order-rescue", lot: "1", party: "c", bid: "bid-c", reason: "证书损坏" }]]);
  });
});

it("says since when a lot is suspended, and that its clock stands still", async () => {
  const since = Date.UTC(2026, 10, 23, 2);
  await shown(lotOf([party("a")], { suspended: since, due: since + 60_000 }));
  expect(words()).toContain(live("suspendedSince", { time: dateTime(since, "second") }));
  expect(words()).toMatch(/0?1:00|1 ?分/);
  leaveAll();
  await shown(lotOf([]));
  expect(words()).toContain(live("noBidders"));
});
