// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineComponent, h, ref, toRef } from "vue";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, fill, leaveAll, type Page, mounted, press, say, settled, tick, words } from "../../../../tests/mounted";
import type { HostAct } from "../lawful";
import ActDialog from "./ActDialog.vue";
import DepositsDialog from "./DepositsDialog.vue";
import ManyDialog from "./ManyDialog.vue";
import type { ManyAct } from "./many";
import PartyDialog from "./PartyDialog.vue";
import RecordPanel from "./RecordPanel.vue";
import SignForm from "./SignForm.vue";
import { useRecord } from "./useRecord";

const act = vi.fn(async (_: object): Promise<object> => ({}));
const desk = {
  project: "p",
  busy: ref(false),
  problem: ref<unknown>(),
  act,
  async tries(body: object): Promise<boolean> {
    try {
      await act(body);
      return true;
    } catch (error) {
      desk.problem.value = error;
      return false;
    }
  },
};
vi.mock("../parts/desk", () => ({ useDesk: () => desk }));
vi.mock("../parts/legal", () => ({ useLegal: () => ({ value: { window: 1_800 } }) }));
const records = vi.hoisted(() => ({ readRecord: vi.fn() }));
vi.mock("../../public/record", async (real) => ({ ...(await real<object>()), ...records }));
vi.mock("../../public/RecordBody.vue", () => ({ default: { render: () => null } }));

let page: Page;
const closes = { "onUpdate:open": (now: boolean) => (page.given["open"] = now) };
/** Opens a dialog as a screen does: it is there before it is asked for. */
async function opened(component: object, props: object): Promise<void> {
  page = await mounted(component, { open: false, ...closes, ...props });
  page.given["open"] = true;
  await settled();
}
const bodies = () => act.mock.calls.map(([body]) => body);
const alarms = () => all("[role=alert]").map((it) => words(it));
const reason = say("common.reason.label");
const dialogAct = (name: string) => say(`host.console.acts.${name}`);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  act.mockReset().mockResolvedValue({});
  desk.problem.value = undefined;
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

describe("marking deposits", () => {
  const party = (name: string, more: object = {}) => ({ party: name, name: `公司 ${name}`, refused: false, ...more });
  const paid = { course: { deposit: "paid" } };
  const lot = { parties: [party("a"), party("b", paid), party("c"), party("d", { refused: true })] };
  const deposits = (picked: string[] = []) => opened(DepositsDialog, { lotId: "1", lot, picked: new Set(picked) });
  const mark = (count: number) => say("host.console.deposits.mark", { count });

  it("begins with those that have no entry and were not refused, and signs one act for all of them", async () => {
    await deposits();
    await press(mark(2));
    const others = [{ party: "c", deposit: "paid" }];
    expect(bodies()).toEqual([{ act: "mark-deposit", lot: "1", party: "a", deposit: "paid", others }]);
  });

  it("begins with those that were picked on the board, and signs nothing for whom it stands already", async () => {
    await deposits(["a", "b"]);
    await press(mark(1));
    expect(bodies()).toEqual([{ act: "mark-deposit", lot: "1", party: "a", deposit: "paid" }]);
  });

  it("takes all of those that a search finds, and no other", async () => {
    await deposits(["a"]);
    await fill(say("stages.parties.search"), "公司 c");
    expect(all("li")).toHaveLength(1);
    await tick(say("host.console.deposits.all", { count: 1 }));
    await fill(say("host.console.deposits.as"), "guarantee");
    await press(mark(2));
    const others = [{ party: "c", deposit: "guarantee" }];
    expect(bodies()).toEqual([{ act: "mark-deposit", lot: "1", party: "a", deposit: "guarantee", others }]);
  });

  it("says a refusal, and keeps all chosen, since nothing was done for any", async () => {
    act.mockRejectedValueOnce(new CryptoFailure("unreachable"));
    await deposits();
    await press(mark(2));
    expect(alarms()).toHaveLength(1);
    await press(mark(2));
    expect(bodies()[1]).toEqual(bodies()[0]);
  });
});

describe("one act for many bidders", () => {
  const parties = ["a", "b", "c"].map((it) => ({ party: it, bid: `bid-${it}`, name: `公司 ${it}` }));
  const done = vi.fn();
  const many = (which: ManyAct) => opened(ManyDialog, { act: which, lot: "1", parties, onDone: done });
  beforeEach(() => done.mockReset());

  it("wants a reason, names everybody, and signs one act for all", async () => {
    await many("allow-sign-in");
    expect(all("li").map((it) => words(it))).toEqual(["公司 a", "公司 b", "公司 c"]);
    expect(button(dialogAct("allow-sign-in"))?.disabled).toBe(true);
    await fill(reason, " 网络中断 ");
    await press(dialogAct("allow-sign-in"));
    const others = ["b", "c"].map((it) => ({ party: it, reason: "网络中断" }));
    expect(bodies()).toEqual([{ act: "allow-sign-in", lot: "1", party: "a", reason: "网络中断", others }]);
    expect([page.given["open"], done.mock.calls.length]).toEqual([false, 1]);
  });

  it("refuses bids only when the word was typed as well", async () => {
    await many("refuse-bid");
    await fill(reason, "未缴纳保证金");
    expect(button(dialogAct("refuse-bid"))?.disabled).toBe(true);
    const word = say("host.console.words.refuse-bid");
    await fill(say("common.typeToConfirm", { word }), word);
    await press(dialogAct("refuse-bid"));
    const others = ["b", "c"].map((it) => ({ party: it, bid: `bid-${it}`, reason: "未缴纳保证金" }));
    expect(bodies()).toEqual([{ act: "refuse-bid", lot: "1", party: "a", bid: "bid-a", reason: "未缴纳保证金", others }]);
  });

  it("stays open where it was refused, with everybody still named", async () => {
    act.mockRejectedValueOnce(new CryptoFailure("unreachable"));
    await many("allow-sign-in");
    await fill(reason, "网络中断");
    await press(dialogAct("allow-sign-in"));
    expect([alarms().length, page.given["open"], done.mock.calls.length]).toEqual([1, true, 0]);
    expect(all("li").map((it) => words(it))).toEqual(["公司 a", "公司 b", "公司 c"]);
    await press(dialogAct("allow-sign-in"));
    expect(bodies()[1]).toEqual(bodies()[0]);
  });

  it("wants a kind of absence, and words for any other one", async () => {
    await many("mark-absence");
    expect(button(dialogAct("mark-absence"))?.disabled).toBe(true);
    await fill(say("host.console.absence"), "other");
    expect(button(dialogAct("mark-absence"))?.disabled).toBe(true);
    await fill(say("host.console.absence"), "unreachable");
    await press(dialogAct("mark-absence"));
    const others = ["b", "c"].map((it) => ({ party: it, absence: "unreachable" }));
    expect(bodies()).toEqual([{ act: "mark-absence", lot: "1", party: "a", absence: "unreachable", others }]);
  });
});

describe("an act on lots", () => {
  const stays = { window: 1_800, extensions: 600, objections: 900 };
  const lotOf = (more: object = {}) => ({ title: "土建", stage: "unlocking", extended: 0, policy: { stays }, missing: [], ...more });
  const view = { lots: { "1": lotOf(), "2": lotOf({ extended: 400 }), "3": lotOf() } };
  const asking = (which: HostAct, others: string[] = []) => opened(ActDialog, { act: which, view, lot: "1", others });

  async function lasts(typed: string): Promise<void> {
    const [minutes] = all<HTMLInputElement>("input[type=number]");
    minutes!.value = typed;
    minutes!.dispatchEvent(new Event("input"));
    await settled();
  }

  it("extends by what is left of the time agreed on, with a reason, and no longer", async () => {
    await asking("extend");
    await fill(reason, "投标人求助");
    await lasts("11");
    expect(button(dialogAct("extend"))?.disabled).toBe(true);
    await lasts("10");
    await press(dialogAct("extend"));
    expect(bodies()).toEqual([{ act: "extend", lots: ["1"], seconds: 600, reason: "投标人求助" }]);
  });

  it("allows for several lots only what each of them allows", async () => {
    await asking("extend", ["2", "3"]);
    await fill(reason, "投标人求助");
    await lasts("4");
    await tick(`${say("host.lot.name", { id: "2" })} 土建`);
    expect(button(dialogAct("extend"))?.disabled).toBe(true);
    await lasts("3");
    await press(dialogAct("extend"));
    expect(bodies()).toEqual([{ act: "extend", lots: ["1", "2"], seconds: 180, reason: "投标人求助" }]);
  });

  it("takes no other lot along unless it was ticked, and begins without a tick again", async () => {
    await asking("suspend", ["2"]);
    await tick(`${say("host.lot.name", { id: "2" })} 土建`);
    page.given["open"] = false;
    await settled();
    page.given["open"] = true;
    await settled();
    await fill(reason, "网络故障");
    await vi.advanceTimersByTimeAsync(3_000);
    await press(dialogAct("suspend"));
    expect(bodies()).toEqual([{ act: "suspend", lots: ["1"], reason: "网络故障" }]);
  });

  it("wants a reason to suspend, and none to resume", async () => {
    await asking("suspend");
    await vi.advanceTimersByTimeAsync(3_000);
    expect(button(dialogAct("suspend"))?.disabled).toBe(true);
    leaveAll();
    await asking("resume");
    await press(dialogAct("resume"));
    expect(bodies()).toEqual([{ act: "resume", lots: ["1"] }]);
  });
});

describe("one bidder", () => {
  const may = (over: object = {}) => over as Record<string, { code: string } | undefined>;
  const party = (more: object = {}) => ({ party: "a", bid: "bid-a", name: "公司 a", refused: false, signed_in: false, ...more });
  const shown = (of: object = party(), lawful: object = {}, course: object = { leave: new Set(), refusals: new Map() }) =>
    mounted(PartyDialog, { lot: "1", stage: "checking", party: of, may: may(lawful), course, private: [], helps: [] });
  const isBarred = (name: string) => button(dialogAct(name))?.getAttribute("aria-disabled") === "true";

  it("is refused with a reason and the word, and names the very bid", async () => {
    await shown();
    await press(dialogAct("refuse-bid"));
    await fill(reason, "未缴纳保证金");
    const word = say("host.console.words.refuse-bid");
    await fill(say("common.typeToConfirm", { word }), word);
    all<HTMLButtonElement>("dialog button[type=submit]").at(-1)?.click();
    await settled();
    expect(bodies()).toEqual([{ act: "refuse-bid", lot: "1", party: "a", bid: "bid-a", reason: "未缴纳保证金" }]);
  });

  it("cannot be refused twice, nor let in who has come or may come already", async () => {
    await shown(party({ refused: true, signed_in: true }));
    expect([isBarred("refuse-bid"), isBarred("allow-sign-in")]).toEqual([true, true]);
    leaveAll();
    await shown(party(), {}, { leave: new Set(["a"]), refusals: new Map() });
    expect([isBarred("refuse-bid"), isBarred("allow-sign-in")]).toEqual([false, true]);
    leaveAll();
    await shown(party(), { "refuse-bid": { code: "wrong-stage" } });
    expect(isBarred("refuse-bid")).toBe(true);
  });

  it("has its deposit marked at one press, and shows what was refused", async () => {
    act.mockRejectedValueOnce(new CryptoFailure("unreachable"));
    await shown();
    await press(say("stages.deposit.guarantee"));
    expect(bodies()).toEqual([{ act: "mark-deposit", lot: "1", party: "a", deposit: "guarantee" }]);
    expect(alarms()).toHaveLength(1);
  });
});

describe("signing the record", () => {
  const lot = (record = "r1") => ({ records: [{ record, signed: false }], parties: [] });
  /** As the console has it: the record, and beside it what signs it. */
  const Signing = defineComponent({
    props: { lot: { type: Object, required: true } },
    setup(props) {
      const made = useRecord("p", ref("1"), toRef(props, "lot") as never);
      return () => [h(RecordPanel, { lotId: "1", lot: props.lot as never, made }), h(SignForm, { lot: "1", made })];
    },
  });
  const reading = async (shown = lot()) => (page = await mounted(Signing, { lot: shown }));
  const word = say("host.console.words.sign-record");

  it("signs the digest that was reckoned from what was read", async () => {
    records.readRecord.mockReset().mockResolvedValue({ digest: "r1", record: {} });
    await reading();
    expect(words()).toContain(say("host.console.record.matches"));
    expect(button(dialogAct("sign-record"))?.disabled).toBe(true);
    await fill(say("common.typeToConfirm", { word }), word);
    await press(dialogAct("sign-record"));
    expect(bodies()).toEqual([{ act: "sign-record", lot: "1", record: "r1" }]);
  });

  it("never offers to sign what does not match", async () => {
    records.readRecord.mockReset().mockResolvedValue({ digest: "r2", record: {} });
    await reading();
    expect(alarms()).toContain(say("host.console.record.doNotSign"));
    expect(button(dialogAct("sign-record"))).toBeUndefined();
  });

  it("waits for the record", async () => {
    let come = (_: object): void => undefined;
    records.readRecord.mockReset().mockReturnValue(new Promise((resolve) => (come = resolve)));
    await reading();
    expect(button(dialogAct("sign-record"))).toBeUndefined();
    come({ digest: "r1", record: {} });
    await settled();
    expect(button(dialogAct("sign-record"))).toBeDefined();
  });

  it("reads again when another record was made, and believes no answer about the former", async () => {
    let come = (_: object): void => undefined;
    records.readRecord.mockReset().mockReturnValueOnce(new Promise((resolve) => (come = resolve)));
    records.readRecord.mockResolvedValueOnce({ digest: "r2", record: {} });
    await reading(lot("r1"));
    page.given["lot"] = lot("r2");
    await settled();
    come({ digest: "r1", record: {} });
    await settled();
    expect(records.readRecord.mock.calls.map(([, , digest]) => digest)).toEqual(["r1", "r2"]);
    expect(words()).toContain(say("host.console.record.matches"));
  });
});
