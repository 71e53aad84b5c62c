// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, field, fill, leaveAll, type Page, mounted, press, say, settled, tick, words } from "../../../tests/mounted";
import Findings from "./Findings.vue";
import OrderRescue from "./OrderRescue.vue";
import Orders from "./Orders.vue";

const act = vi.fn(async (_project: string, _body: object): Promise<object> => ({}));
vi.mock("@/session", () => ({ useSession: () => ({ act }) }));

const send = say("supervisor.orders.send");
const reason = say("supervisor.orders.reason");
const name = (kind: string) => say(`supervisor.orders.${kind}.name`);
const bodies = () => act.mock.calls.map(([, body]) => body);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  act.mockReset().mockResolvedValue({});
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

describe("orders", () => {
  const may = { suspend: null, extend: null, terminate: null, resume: "wrong-stage" };
  const lot = (lawful: object = may, more: object = {}) => ({ title: "土建", stage: "unlocking", lawful, ...more });
  const orders = (lots: object = { "1": lot() }, more: object = {}) =>
    mounted(Orders, { project: "p", view: { closed_for_bids: true, lots, ...more } });

  it("can none be given before T0", async () => {
    await orders({ "1": lot() }, { closed_for_bids: false });
    for (const kind of ["remark", "suspend", "resume", "extend", "terminate"]) expect(button(name(kind))?.disabled, kind).toBe(true);
  });

  it("are offered where some lot allows them, and say why not elsewhere", async () => {
    await orders();
    expect([button(name("suspend"))?.disabled, button(name("resume"))?.disabled]).toEqual([false, true]);
    expect(words()).toContain(say("supervisor.orders.notNow", { why: say("stages.why.wrong-stage") }));
  });

  it("are given with a reason, for the one lot that there is", async () => {
    await orders();
    await press(name("suspend"));
    await pass(3_000);
    expect(button(send)?.disabled).toBe(true);
    await fill(reason, " 网络故障 ");
    await press(send);
    expect(bodies()).toEqual([{ act: "suspend", lots: ["1"], reason: "网络故障" }]);
    expect(words()).toContain(say("supervisor.orders.done"));
  });

  it("are given for no lot that was not ticked, and for none that does not allow them", async () => {
    await orders({ "1": lot(), "2": lot(), "3": lot({ ...may, suspend: "wrong-stage" }) });
    await press(name("suspend"));
    await fill(reason, "网络故障");
    await pass(3_000);
    expect(button(send)?.disabled).toBe(true);
    expect(all("fieldset label")).toHaveLength(2);
    await tick(`${say("stages.lot", { lot: "2" })} 土建`);
    await press(send);
    expect(bodies()).toEqual([{ act: "suspend", lots: ["2"], reason: "网络故障" }]);
  });

  it("extend by minutes within a day", async () => {
    await orders();
    await press(name("extend"));
    await fill(reason, "系统故障");
    await pass(3_000);
    for (const wrong of ["0", "1441", ""]) {
      await fill(say("supervisor.orders.minutes"), wrong);
      expect(button(send)?.disabled, wrong).toBe(true);
    }
    await fill(say("supervisor.orders.minutes"), "15");
    await press(send);
    expect(bodies()).toEqual([{ act: "extend", lots: ["1"], seconds: 900, reason: "系统故障" }]);
  });

  it("terminate only by the word typed, with the code that was chosen", async () => {
    await orders();
    await press(name("terminate"));
    await fill(reason, "串通投标");
    expect(button(send)?.disabled).toBe(true);
    await fill(say("supervisor.orders.ending"), "void");
    await fill(say("supervisor.orders.code"), "103");
    const word = say("supervisor.orders.terminate.word");
    await fill(say("common.typeToConfirm", { word }), word);
    await press(send);
    expect(bodies()).toEqual([{ act: "terminate", lots: ["1"], reason: "串通投标", ending: { kind: "void", reason: 103 } }]);
  });

  it("remark about one lot or about all", async () => {
    await orders();
    await press(name("remark"));
    await fill(say("supervisor.orders.text"), "已全程监督");
    await press(send);
    await press(name("remark"));
    await fill(say("supervisor.orders.text"), "本标段正常");
    await fill(say("supervisor.orders.lots"), "1");
    await press(send);
    expect(bodies()).toEqual([
      { act: "remark", text: "已全程监督" },
      { act: "remark", text: "本标段正常", lot: "1" },
    ]);
  });

  it("take no word of the one before along, and say nothing was done where it failed", async () => {
    act.mockRejectedValueOnce(new CryptoFailure("unreachable"));
    await orders();
    await press(name("suspend"));
    await fill(reason, "网络故障");
    await pass(3_000);
    await press(send);
    expect(words()).not.toContain(say("supervisor.orders.done"));
    expect(all("[role=alert]")).toHaveLength(1);
    await press(say("common.cancel"));
    await press(name("extend"));
    expect(field(reason).value).toBe("");
  });
});

describe("the rescue of one bid", () => {
  let page: Page;
  const rescue = async (): Promise<void> => {
    page = await mounted(OrderRescue, {
      ...{ project: "p", lot: "1", party: { party: "a", bid: "b1", name: "甲公司" }, open: true },
      "onUpdate:open": (now: boolean) => (page.given["open"] = now),
    });
  };

  it("is ordered for that bid, with a reason", async () => {
    await rescue();
    expect(words()).toContain("甲公司");
    await pass(5_000);
    expect(button(send)?.disabled).toBe(true);
    await fill(reason, "诊断属实");
    await press(send);
    expect(bodies()).toEqual([{ act: "order-rescue", lot: "1", party: "a", bid: "b1", reason: "诊断属实" }]);
  });

  it("begins without the reason that was written for another bidder", async () => {
    await rescue();
    await fill(reason, "诊断属实");
    page.given["party"] = { party: "b", bid: "b2", name: "乙公司" };
    await settled();
    expect(field(reason).value).toBe("");
  });
});

describe("findings", () => {
  const finding = (more: object = {}) => ({
    ...{ finding: "forfeited", first: "forfeited", rule: "no_attempt", decided: false, cites: [] },
    ...more,
  });
  const party = (it: string, of: object | undefined) => ({ party: it, name: `公司 ${it}`, finding: of });
  const found = (parties: object[], lawful: object = { "overrule-finding": null }) =>
    mounted(Findings, { project: "p", events: [], view: { lots: { "1": { stage: "opened", lawful, parties, custodians: [] } } } });
  const confirm = say("supervisor.findings.confirm");
  const overrule = say("supervisor.findings.overrule");

  it("that want a decision stand first, the open ones before all", async () => {
    await found([
      party("a", finding({ decided: true })),
      party("b", finding()),
      party("c", finding({ finding: "open" })),
      party("d", undefined),
    ]);
    expect(all("h3").map((it) => words(it).split(" · ")[1])).toEqual(["公司 c", "公司 b", "公司 a"]);
  });

  it("cannot be decided where the server says so", async () => {
    await found([party("a", finding())], { "overrule-finding": "wrong-stage" });
    expect([button(confirm), button(overrule)]).toEqual([undefined, undefined]);
    expect(words()).toContain(say("supervisor.findings.closed"));
  });

  it("of several lots are decided one lot after the other, and after a refusal only what is left", async () => {
    const lawful = { "overrule-finding": null };
    const lot = (it: string) => ({ stage: "opened", lawful, parties: [party(it, finding())], custodians: [] });
    await mounted(Findings, { project: "p", events: [], view: { lots: { "1": lot("a"), "2": lot("b") } } });
    await tick(say("supervisor.findings.all", { count: 2 }));
    await press(say("supervisor.findings.confirmMany", { count: 2 }));
    await pass(5_000);
    act.mockResolvedValueOnce({}).mockRejectedValueOnce(new Error("refused"));
    const submit = () => all<HTMLButtonElement>("dialog button[type=submit]").at(-1)!;
    submit().click();
    await settled();
    submit().click();
    await settled();
    expect(bodies().map((it) => (it as { lot: string }).lot)).toEqual(["1", "2", "2"]);
  });

  it("are overruled with a reason, and to something else than they are", async () => {
    await found([party("a", finding())]);
    await press(overrule);
    await pass(5_000);
    const submit = all<HTMLButtonElement>("dialog button[type=submit]").at(-1)!;
    expect(submit.disabled).toBe(true);
    await fill(say("common.reason.label"), "平台故障");
    submit.click();
    await settled();
    expect(bodies()).toEqual([{ act: "overrule-finding", lot: "1", party: "a", finding: "returned", reason: "平台故障" }]);
  });

  it("are confirmed as they are", async () => {
    await found([party("a", finding())]);
    await press(confirm);
    await pass(5_000);
    all<HTMLButtonElement>("dialog button[type=submit]").at(-1)!.click();
    await settled();
    expect(bodies()).toEqual([{ act: "confirm-finding", lot: "1", party: "a", finding: "forfeited" }]);
  });
});
