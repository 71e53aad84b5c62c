// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { KeptBid } from "@/bids";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, choose, enter, field, leaveAll, type Page, mounted, press, say, settled, tick, words } from "../../../tests/mounted";
import Consortium from "./Consortium.vue";

const act = vi.fn(async (..._: unknown[]): Promise<unknown> => undefined);
const call =
  (name: string) =>
  (...given: unknown[]) =>
    act(name, ...given);
const bids = { joint: call("joint"), jointFile: call("jointFile"), addConsents: call("addConsents"), dissolve: call("dissolve") };
vi.mock("@/bids", () => ({ useBids: () => bids }));
const saved = vi.hoisted((): [string, string][] => []);
vi.mock("@/ui/save", () => ({ saveText: (name: string, text: string) => void saved.push([name, text]) }));

const FIRST = "91350100M000100Y43";
const SECOND = "91110000802100433B";
const member = (organisation: string) => ({ organisation, name: `公司 ${organisation}` });
const joint = (more: object = {}) => ({ members: [member(FIRST), member(SECOND)], paper: false, consents: [], signed: [], ...more });
const kept = (consortium?: object): KeptBid =>
  ({
    bid: "b1",
    project: "p",
    lot: "1",
    bidder: "own",
    name: "投标.kbid",
    state: "kept",
    whole: true,
    log: [],
    consortium,
  }) as unknown as KeptBid;
let page: Page;
const shown = async (consortium?: object) => (page = await mounted(Consortium, { kept: kept(consortium) }));
const text = (name: string, filled: Record<string, number> = {}) => say(`bidder.consortium.${name}`, filled);
const alarms = () => all("[role=alert]").map((it) => words(it));
const wrongs = () => all(".b-wrong").map((it) => words(it));
/** Writes a member down at its place. */
async function written(at: number, code: string, name: string): Promise<void> {
  const [codeField, nameField] = all<HTMLInputElement>(`fieldset:nth-of-type(${at}) input`);
  codeField!.value = code;
  nameField!.value = name;
  for (const it of [codeField!, nameField!]) it.dispatchEvent(new Event("input"));
  await settled();
}
const codes = () => all<HTMLInputElement>("fieldset input.mono").map((it) => it.value);
/** How each member stands. */
const standings = () => all("li .badge").map((it) => words(it));

beforeEach(() => {
  saved.length = 0;
  act.mockReset().mockResolvedValue(undefined);
});
afterEach(leaveAll);

describe("naming the members", () => {
  it("signs for those that were written down, and saves the file for them to sign", async () => {
    act.mockResolvedValueOnce({ name: "投标.joint.json", text: "{}" });
    await shown();
    await press(text("add"));
    await written(1, FIRST, " 乙公司 ");
    await written(2, SECOND, "丙公司");
    await press(text("go"));
    const members = [
      { organisation: FIRST, name: "乙公司" },
      { organisation: SECOND, name: "丙公司" },
    ];
    expect(act.mock.calls).toEqual([["joint", "b1", members, false]]);
    expect(saved).toEqual([["投标.joint.json", "{}"]]);
  });

  it("signs nothing while a code is wrong, and says at which member, not before it was tried", async () => {
    await shown();
    await press(text("add"));
    await written(1, FIRST, "乙公司");
    await written(2, `${SECOND.slice(0, -1)}C`, "丙公司");
    expect(wrongs()).toEqual(["", "", "", ""]);
    await enter(text("code"));
    expect(wrongs()).toEqual(["", "", text("codeWrong"), ""]);
    expect(act).not.toHaveBeenCalled();
    // As it is pasted from elsewhere.
    await written(2, ` ${SECOND.toLowerCase()} `, "丙公司");
    expect(wrongs()).toEqual(["", "", "", ""]);
    await press(text("go"));
    expect(act.mock.calls.map(([, , members]) => members)).toEqual([
      [
        { organisation: FIRST, name: "乙公司" },
        { organisation: SECOND, name: "丙公司" },
      ],
    ]);
  });

  it("signs for nobody without a name, twice, or for the lead itself, and says so", async () => {
    page = await mounted(Consortium, { kept: { ...kept(), bidder: SECOND } });
    await press(text("add"));
    await written(1, FIRST, " ");
    await written(2, FIRST, "丙公司");
    await enter(text("code"));
    expect(wrongs()).toEqual(["", text("nameMissing"), text("codeTwice"), ""]);
    await written(2, SECOND, "丙公司");
    expect(wrongs()[2]).toBe(text("codeOwn"));
    expect(act).not.toHaveBeenCalled();
  });

  it("drops the very member that was chosen, and keeps one", async () => {
    await shown();
    expect(button(text("drop", { n: 1 }))).toBeUndefined();
    await press(text("add"));
    await press(text("add"));
    await written(1, "1", "甲");
    await written(2, "2", "乙");
    await written(3, "3", "丙");
    await press(text("drop", { n: 2 }));
    expect(codes()).toEqual(["1", "3"]);
    await press(text("drop", { n: 1 }));
    expect([codes(), button(text("drop", { n: 1 }))]).toEqual([["3"], undefined]);
    for (let count = 1; count < 10; count += 1) await press(text("add"));
    expect([codes().length, button(text("add"))]).toEqual([10, undefined]);
  });

  it("makes no file where the agreement is on paper", async () => {
    await shown();
    await written(1, FIRST, "乙公司");
    await tick(text("paper"));
    expect(button(text("go"))).toBeUndefined();
    await press(text("goPaper"));
    expect(act.mock.calls).toEqual([["joint", "b1", [{ organisation: FIRST, name: "乙公司" }], true]]);
    expect([saved, alarms()]).toEqual([[], []]);
  });

  it("says what was refused, and keeps what was typed; a key that stayed locked is no failure", async () => {
    await shown();
    await written(1, FIRST, "乙公司");
    act.mockRejectedValueOnce(new CryptoFailure("consortium-under-way"));
    await press(text("go"));
    expect([alarms().length, codes(), saved.length]).toEqual([1, [FIRST], 0]);
    act.mockRejectedValueOnce(new CryptoFailure("cancelled"));
    await press(text("go"));
    expect([alarms(), codes(), saved.length, button(text("go"))?.disabled]).toEqual([[], [FIRST], 0, false]);
  });
});

describe("a consortium", () => {
  it("shows who has signed, and waits for those that have not", async () => {
    await shown(joint({ signed: [SECOND] }));
    expect(standings()).toEqual([text("unsigned"), text("signed")]);
    expect(words()).toContain(text("waiting"));
    page.given["kept"] = kept(joint({ signed: [SECOND, FIRST] }));
    await settled();
    expect(standings()).toEqual([text("signed"), text("signed")]);
    expect([words().includes(text("waiting")), all("input")]).toEqual([false, []]);
  });

  it("on paper waits for nobody, and calls nobody one who signed here", async () => {
    await shown(joint({ paper: true }));
    expect(standings()).toEqual([text("onPaper"), text("onPaper")]);
    expect([words().includes(text("waiting")), all(".badge.green"), all("input")]).toEqual([false, [], []]);
    expect(button(text("save"))).toBeUndefined();
  });

  it("takes up each of the files that came back, also behind a refused one, and says of each refused one why", async () => {
    await shown(joint());
    const refuse = (code: string) => act.mockRejectedValueOnce(new CryptoFailure(code));
    refuse("other-joint-file");
    act.mockResolvedValueOnce(undefined);
    refuse("not-a-joint-file");
    await choose(text("take"), new File(["one"], "1.json"), new File(["two"], "2.json"), new File(["three"], "3.json"));
    await vi.waitFor(() => expect(alarms()).toHaveLength(2));
    expect(act.mock.calls.map(([, , read]) => read)).toEqual(["one", "two", "three"]);
    expect(alarms()).toEqual([
      expect.stringContaining(say("bids.problems.other-joint-file")),
      expect.stringContaining(say("bids.problems.not-a-joint-file")),
    ]);
    expect(wrongs()).toEqual(["1.json", "3.json"].map((name) => say("bidder.consortium.refused", { name })));
    expect(field(text("take")).disabled).toBe(false);
    await choose(text("take"), new File(["one"], "1.json"));
    await vi.waitFor(() => expect(act).toHaveBeenCalledTimes(4));
    await settled();
    expect([alarms(), wrongs()]).toEqual([[], []]);
  });

  it("gives its file again, and is given up only for its own bid, after its lead was asked", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    act.mockResolvedValueOnce({ name: "投标.joint.json", text: "again" });
    await shown(joint({ signed: [SECOND] }));
    await press(text("save"));
    expect(saved).toEqual([["投标.joint.json", "again"]]);
    await press(text("dissolve"));
    expect(words()).toContain(text("dissolveWill", { n: 1 }));
    await press(say("common.cancel"));
    await press(text("dissolve"));
    expect(act.mock.calls).toEqual([["jointFile", "b1"]]);
    await vi.advanceTimersByTimeAsync(3_000);
    await press(say("common.confirm"));
    expect(act.mock.calls.slice(1)).toEqual([["dissolve", "b1"]]);
    vi.useRealTimers();
  });
});
