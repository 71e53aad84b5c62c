// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { h } from "vue";
import { all, button, leaveAll, type Page, mounted, press, say, settled, words } from "../../../../tests/mounted";
import BoardPanel from "./BoardPanel.vue";

/** The board without its layout: every bidder with what is shown and can be done about it. */
vi.mock("@/ui/room/PartyBoard.vue", () => ({
  default: {
    props: ["lot"],
    render(this: { lot: { parties: { party: string }[] }; $slots: Record<string, ((given?: object) => unknown) | undefined> }) {
      const { tools, actions } = this.$slots;
      return h("div", [
        tools?.(),
        h(
          "ul",
          this.lot.parties.map((party) => h("li", { key: party.party }, [actions?.({ party })] as never)),
        ),
      ] as never);
    },
  },
}));
/** A dialog that only says what it was given. */
function stub(name: string, props: string[]) {
  const render = (it: Record<string, unknown>) => h("div", { class: name }, JSON.stringify(props.map((prop) => it[prop] ?? null)));
  return { default: { inheritAttrs: false, props, render } };
}
vi.mock("./PartyDialog.vue", () => stub("party", ["party"]));
vi.mock("./ManyDialog.vue", () => stub("many", ["act", "parties", "open"]));

let page: Page;
const deposits = vi.fn();
const party = (name: string, more: object = {}) => ({
  party: name,
  name: `公司 ${name}`,
  refused: false,
  signed_in: false,
  bid: `bid-${name}`,
  ...more,
});
const course = { leave: new Set<string>(), refusals: new Map<string, string>() };
async function board(parties: object[], more: object = {}, lot: object = {}): Promise<void> {
  page = await mounted(BoardPanel, {
    ...{ lotId: "1", lot: { stage: "checking", custodians: [], parties, ...lot }, may: {}, course, chosen: new Set<string>() },
    ...{ onDeposits: deposits, "onUpdate:chosen": (now: unknown) => (page.given["chosen"] = now) },
    ...more,
  });
}
const act = (name: string, n: number) => `${say(`host.console.acts.${name}`)} (${n})`;
const badges = () => all("li").map((it) => words(it.querySelector(".badge") ?? document.createElement("i")));
const asked = () => JSON.parse(words(all(".many").at(-1))) as [string, { party: string }[], boolean];

beforeEach(() => deposits.mockReset());
afterEach(leaveAll);

describe("many bidders at once", () => {
  it("is offered only when some are chosen, with how many each act applies to", async () => {
    await board([party("a"), party("b", { signed_in: true }), party("c", { refused: true }), party("not chosen")]);
    expect(all(".link")).toHaveLength(0);
    page.given["chosen"] = new Set(["a", "b", "c"]);
    await settled();
    expect(button(act("allow-sign-in", 2))).toBeDefined();
    expect(button(act("refuse-bid", 2))).toBeDefined();
    await press(act("allow-sign-in", 2));
    expect(asked()).toEqual(["allow-sign-in", [expect.objectContaining({ party: "a" }), expect.objectContaining({ party: "c" })], true]);
  });

  it("offers nothing that is not lawful now, and nothing that applies to none", async () => {
    await board([party("a", { signed_in: true })], { chosen: new Set(["a"]), may: { "refuse-bid": { code: "wrong-stage" } } });
    expect(button(act("refuse-bid", 1))).toBeUndefined();
    expect(button(act("allow-sign-in", 0))?.disabled).toBe(true);
  });

  it("hands deposits on, and lets go of all that were chosen", async () => {
    await board([party("a")], { chosen: new Set(["a"]) });
    await press(say("host.console.acts.mark-deposit"));
    expect(deposits).toHaveBeenCalledOnce();
    await press(say("host.console.many.none"));
    expect((page.given["chosen"] as Set<string>).size).toBe(0);
  });
});

describe("what is marked at a bidder", () => {
  it("is first what waits for the host, then how far it has come", async () => {
    const confirmed = { line: { disputed: false } };
    await board(
      [
        party("a", { ...confirmed, outcome: "opened" }),
        party("b", { line: { disputed: true }, outcome: "opened" }),
        party("c", { ...confirmed, course: { countersigned: true } }),
        party("d", { ...confirmed }),
        party("e", { outcome: "opened" }),
        party("f"),
      ],
      {},
      { helps: [{ by: "公司 a", text: "求助" }] },
    );
    expect(badges()).toEqual([
      say("host.console.party.asksHelp"),
      say("stages.line.disputed"),
      say("stages.parties.countersigned"),
      say("stages.line.confirmed"),
      say("host.console.party.opened"),
      "",
    ]);
  });

  it("is no call for help that was answered", async () => {
    await board([party("a")], {}, { helps: [{ by: "公司 a", text: "求助", answered: 5, answer: "请重试" }] });
    expect(badges()).toEqual([""]);
  });

  it("leads to all that is known of it", async () => {
    await board([party("a"), party("b")]);
    await press(say("host.console.party.handle", { name: "公司 b" }));
    expect(words(all(".party")[0])).toContain("bid-b");
  });
});

it("shows of whom shares are still awaited, once they are", async () => {
  const custodians = [
    { x: 1, name: "甲", released: { good: 3, wrong: 0 } },
    { x: 2, name: "乙", released: { good: 2, wrong: 1 } },
    { x: 3, name: "丙", agent: true },
  ];
  await board([], {}, { stage: "unlocking", custodians });
  expect(all(".custodians dt")).toHaveLength(0);
  leaveAll();
  await board([], {}, { stage: "releasing", custodians });
  expect(all(".custodians dd").map((it) => words(it))).toEqual([
    say("host.console.custodians.released"),
    say("host.console.custodians.wrong", { count: 1 }),
    say("host.console.custodians.agent"),
  ]);
});
