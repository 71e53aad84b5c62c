// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reactive, shallowRef } from "vue";
import type { KeptBid } from "@/bids";
import { useVault } from "@/crypto/client";
import type { Vault } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, choose, field, fill, leaveAll, type Page, mounted, press, say, settled, words } from "../../../tests/mounted";
import Prepare from "./Prepare.vue";
import { letGo } from "./prepare/drafts";

const person = (name: string) => ({ organisation: "own", certificate: name });
const KEY = { signing: { organisationCode: "own", organisationName: "甲公司", person: "张三" }, roots: [] };
const session = reactive({ session: person("c1") as object | null, key: KEY as object | null, unlocked: async () => KEY });
vi.mock("@/session", () => ({ useSession: () => session }));

const view = shallowRef<object>();
vi.mock("@/room", () => ({ useRoom: () => ({ view, problem: { value: null }, refresh: async () => undefined }) }));
vi.mock("@/room/clock", () => ({ now: { value: 1_000 }, serverTime: () => 1_000 }));
vi.mock("@/api", async (real) => ({
  ...(await real<object>()),
  api: { GET: async () => ({ sha256: "ab" }) },
  data: (reply: unknown) => reply,
}));

const act = vi.fn(async (..._: unknown[]): Promise<unknown> => undefined);
const bids = reactive({
  bids: [] as KeptBid[],
  load: async () => undefined,
  refresh: async () => undefined,
  keep: (...given: unknown[]) => act("keep", ...given),
  importFile: (...given: unknown[]) => act("import", ...given),
});
vi.mock("@/bids", () => ({ useBids: () => bids }));

const terms = vi.hoisted(() => ({ termsPackage: vi.fn(), loggedProof: async () => undefined }));
vi.mock("./terms", () => terms);
/** What lies beside the steps is tried by itself. */
vi.mock("./ChangesBanner.vue", () => ({ default: { inheritAttrs: false, render: () => null } }));
vi.mock("./CertificateAlarms.vue", () => ({ default: { inheritAttrs: false, render: () => null } }));
vi.mock("./TermsDownload.vue", () => ({ default: { inheritAttrs: false, render: () => null } }));
vi.mock("@/ui/desk/DeskCall.vue", () => ({ default: { inheritAttrs: false, render: () => null } }));
vi.mock("./BidCard.vue", async () => {
  const { h } = await import("vue");
  const props = ["kept", "replaces", "closed"];
  const text = (it: Record<string, unknown>) =>
    `${(it["kept"] as KeptBid).bid}${it["replaces"] ? " replaces" : ""}${it["closed"] ? " closed" : ""}`;
  const setup =
    (it: Record<string, unknown>, { emit }: { emit: (name: string) => void }) =>
    () =>
      h("article", [text(it), h("button", { onClick: () => emit("correct") }, "[correct]")]);
  return { default: { props, emits: ["correct"], setup } };
});

const party = (name: string) => ({ name, organisation: name });
const TERMS = {
  schema: { fields: [{ id: "price", label: "报价", type: "money", required: true, public: true }], price: "price", better: "low" },
  ...{ number: 1, custodians: [party("c")], release: 1, policy: { minimum: 3 } },
  officials: { tenderer: party("h"), centre: party("z"), supervisor: party("s") },
  trust: { origin: "https://p", quorum: 1 },
};
const pack = (more: object = {}) => ({
  ...{ kaibiao: "terms/1", project: "p", lot: "1", number: "N", title: "二中扩建", lot_title: "土建", t0: 5_000 },
  ...{ terms: JSON.stringify({ ...TERMS, ...more }), publication: { body: "" } },
  platform: { origin: "https://p", cas: [], receipt_key: "" },
});

/** What each person keeps on this device. */
const locker = new Map<string, string>();
const placed = (name: string, shelf: string) => `${JSON.stringify(session.session)} ${shelf}/${name}`;
const checkTerms = vi.fn();
const seal = vi.fn();
const inspect = vi.fn();
useVault({
  keep: async (name: string, value: unknown, shelf = "") => {
    if (value === undefined) locker.delete(placed(name, shelf));
    else locker.set(placed(name, shelf), JSON.stringify(value));
    return true;
  },
  kept: async (name: string, shelf = "") => session.key && (JSON.parse(locker.get(placed(name, shelf)) ?? "null") ?? undefined),
  shelf: async () => [],
  ...{ checkTerms, seal, inspect },
} as unknown as Vault);

const kept = (more: Partial<KeptBid> = {}): KeptBid => ({
  ...{ bid: "b1", project: "p", lot: "1", bidder: "own", name: "投标.kbid", size: 9, documents: 0, sealed: 5 },
  ...{ state: "kept", whole: true, log: [] },
  ...more,
});
const seen = (lot: object = {}, more: object = {}) => ({
  ...{ number: "N", title: "二中扩建", t0: 5_000, closed_for_bids: false, changes: [] },
  lots: { "1": { title: "土建", stage: "bidding", terms: "t1", ...lot } },
  ...more,
});

let page: Page;
async function shown(at = "/"): Promise<void> {
  page = await mounted(Prepare, { project: "p", lot: "1" }, { at });
  await settled();
}
const STEPS = ["terms", "sheet", "documents", "spares", "seal", "submit"];
const stepButtons = () => all<HTMLButtonElement>(".b-stepper button");
/** Where the person is. */
const at = () => STEPS[stepButtons().findIndex((it) => it.getAttribute("aria-current") === "step")];
/** The steps that can be entered. */
const open = () => STEPS.filter((_, index) => !stepButtons()[index]!.disabled);
const ticked = () => STEPS.filter((_, index) => words(stepButtons()[index]!).includes("✓"));
const enter = async (step: string) => {
  stepButtons()[STEPS.indexOf(step)]!.click();
  await settled();
};
const next = () => press(say("tool.next"));
const start = say("tool.seal.start");
const imported = say("bidder.prepare.import");
const cards = () => all("article").map((it) => words(it).replace("[correct]", ""));
const alarms = () => all("[role=alert]").map((it) => words(it));

/** From the terms to the last look before sealing. */
async function filled(price = "100"): Promise<void> {
  await next();
  await fill("报价", price);
  await next();
  await next();
  await next();
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  locker.clear();
  letGo();
  Object.assign(session, { session: person("c1"), key: KEY, unlocked: async () => KEY });
  bids.bids = [];
  view.value = seen();
  act.mockReset().mockResolvedValue(undefined);
  terms.termsPackage.mockReset().mockResolvedValue(pack());
  checkTerms.mockReset().mockResolvedValue({ digest: "d1" });
  seal.mockReset().mockResolvedValue({ bid: "b1", size: 9, name: "投标.kbid" });
  inspect.mockReset().mockResolvedValue({ bidder: "own" });
});
afterEach(() => {
  leaveAll();
  vi.clearAllTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the steps", () => {
  it("open one after the other, are ticked once they were passed, and lead nobody past a sheet that is wrong", async () => {
    await shown();
    expect([at(), open(), ticked()]).toEqual(["terms", ["terms", "sheet", "submit"], []]);
    await next();
    expect(words(all(".b-wrong")[0])).toBe("");
    await next();
    expect([at(), words(all(".b-wrong")[0])]).toEqual(["sheet", say("tool.sheet.wrong.missing")]);
    expect(document.activeElement).toBe(field("报价"));
    await fill("报价", "100");
    expect([ticked(), open()]).toEqual([["terms"], STEPS]);
    await next();
    await next();
    await next();
    expect([at(), ticked()]).toEqual(["seal", ["terms", "sheet", "documents", "spares"]]);
    expect(button(say("tool.next"))).toBeUndefined();
    await press(say("tool.previous"));
    expect(at()).toBe("spares");
    await enter("sheet");
    await fill("报价", "一百");
    expect(open()).toEqual(["terms", "sheet", "submit"]);
  });

  it("read amended terms also where these came while something else was under way", async () => {
    session.key = null;
    let unlock = (_: unknown): void => undefined;
    session.unlocked = () => new Promise((resolve) => (unlock = resolve as typeof unlock));
    checkTerms.mockRejectedValue(new CryptoFailure("roots-needed"));
    await shown();
    await press(say("tool.terms.unlock"));
    terms.termsPackage.mockResolvedValue(pack({ number: 2 }));
    view.value = seen({ terms: "t2" });
    await settled();
    expect(terms.termsPackage).toHaveBeenCalledOnce();
    unlock(KEY);
    await settled();
    expect(terms.termsPackage).toHaveBeenCalledTimes(2);
    expect(checkTerms.mock.lastCall?.[0].terms).toBe(pack({ number: 2 }).terms);
  });

  it("begin with the terms again when these were amended, and let nothing be sealed under the former ones", async () => {
    await shown();
    await filled();
    terms.termsPackage.mockResolvedValue(pack({ number: 2 }));
    checkTerms.mockRejectedValue(new CryptoFailure("terms-signature"));
    view.value = seen({ terms: "t2" });
    await settled();
    expect([at(), open()]).toEqual(["terms", ["terms", "submit"]]);
    expect(checkTerms.mock.lastCall?.[0].terms).toBe(pack({ number: 2 }).terms);
    await next();
    expect(at()).toBe("terms");
    // What was sealed elsewhere can be handed in all the same.
    await enter("submit");
    expect([at(), field(imported).disabled]).toEqual(["submit", false]);
  });
});

describe("what is on the screen", () => {
  const documents = say("tool.documents.drop");
  const chosen = () => all<HTMLInputElement>("tbody input").map((it) => it.value);

  /** At the documents, with one chosen. */
  async function choosing(): Promise<HTMLElement> {
    await shown();
    await next();
    await fill("报价", "100");
    await next();
    await choose(documents, new File(["1"], "a.pdf"));
    return field(documents);
  }

  it("stays while amended terms are read, so that files chosen at that moment are not lost", async () => {
    const input = await choosing();
    let arrive = (_: object): void => undefined;
    terms.termsPackage.mockReturnValue(new Promise((resolve) => (arrive = resolve)));
    let pass = (_: object): void => undefined;
    checkTerms.mockReturnValueOnce(new Promise((resolve) => (pass = resolve)));
    view.value = seen({ terms: "t2" });
    await settled();
    expect([at(), field(documents) === input]).toEqual(["documents", true]);
    await choose(documents, new File(["1"], "b.pdf"));
    arrive(pack({ number: 2 }));
    await settled();
    expect([at(), field(documents) === input]).toEqual(["documents", true]);
    await choose(documents, new File(["1"], "c.pdf"));
    pass({ digest: "d2" });
    await settled();
    expect([at(), field(documents) === input, chosen()]).toEqual(["documents", true, ["a.pdf", "b.pdf", "c.pdf"]]);
    await next();
    await next();
    await press(start);
    expect(seal.mock.lastCall?.[0]).toMatchObject({ terms: pack({ number: 2 }).terms, sheet: { price: "10000" } });
    expect(seal.mock.lastCall?.[0].documents.map(({ name }: { name: string }) => name)).toEqual(["a.pdf", "b.pdf", "c.pdf"]);
  });

  it("stays at the handing in when the key is unlocked for it", async () => {
    session.key = null;
    bids.bids = [kept()];
    await shown();
    await enter("submit");
    session.key = KEY;
    await settled();
    expect([at(), cards()]).toEqual(["submit", ["b1"]]);
  });
});

describe("sealing", () => {
  it("is done once the bid is kept on this device with its terms, and is not handing it in", async () => {
    await shown();
    await filled("100");
    act.mockRejectedValueOnce(new CryptoFailure("device-full"));
    await press(start);
    expect([at(), alarms().length, button(say("tool.next"))]).toEqual(["seal", 1, undefined]);
    act.mockClear();
    act.mockImplementation(async () => void (bids.bids = [kept()]));
    await press(start);
    expect(seal.mock.lastCall?.[0]).toMatchObject({ project: "p", lot: "1", bidder: "own", sheet: { price: "10000" } });
    expect(act.mock.calls).toEqual([["keep", expect.objectContaining({ bid: "b1" }), pack().terms]]);
    expect([at(), ticked(), cards()]).toEqual(["submit", STEPS.slice(0, 5), ["b1"]]);
    expect(words()).toContain(say("bidder.submit.notYet"));
  });
});

describe("handing in", () => {
  it("shows this lot's bids of this organisation, the newest first, and that one stands already", async () => {
    const other = { bid: "theirs", bidder: "another" };
    bids.bids = [kept(), kept(other), kept({ bid: "b2", sealed: 9 }), kept({ bid: "lot2", lot: "2" }), kept({ bid: "q", project: "q" })];
    view.value = seen({ own: { live: "b0" } });
    await shown();
    await enter("submit");
    expect(cards()).toEqual(["b2 replaces", "b1 replaces"]);
  });

  it("goes on with an upload that broke off, but leads nobody away who went elsewhere", async () => {
    bids.bids = [kept({ state: "uploading" })];
    await shown();
    expect(at()).toBe("submit");
    await enter("terms");
    bids.bids = [kept({ state: "kept" })];
    await settled();
    bids.bids = [kept({ state: "uploading" })];
    await settled();
    expect(at()).toBe("terms");
  });

  it("takes a file of this bidder only, and tells one of another lot", async () => {
    const file = new File(["x"], "离线.kbid");
    await shown();
    inspect.mockResolvedValueOnce({ bidder: "another" });
    await choose(imported, file);
    expect(act).not.toHaveBeenCalled();
    expect(alarms()[0]).toContain(say("tool.problems.kbid-other-bidder", { code: "another" }));
    act.mockResolvedValueOnce({ project: "p", lot: "2" });
    await choose(imported, file);
    expect([at(), alarms()[0]]).toEqual(["terms", expect.stringContaining(say("tool.problems.kbid-elsewhere", { lot: "2" }))]);
    act.mockResolvedValueOnce({ project: "p", lot: "1" });
    await choose(imported, file);
    expect([at(), alarms()]).toEqual(["submit", []]);
  });

  it("is over when bidding is: no step, no file and no draft is offered, and what is here stays shown", async () => {
    bids.bids = [kept()];
    view.value = seen({}, { closed_for_bids: true });
    await shown();
    expect([stepButtons(), all("input"), cards()]).toEqual([[], [], ["b1 closed"]]);
    expect(words()).toContain(say("bidder.prepare.closed"));
    expect(button(say("bidder.projects.hall"))?.getAttribute("href")).toBe("/projects/p/hall");
    expect([button(say("bidder.prepare.clear")), button(say("bidder.prepare.new"))]).toEqual([undefined, undefined]);
  });
});

describe("what was typed", () => {
  const draft = (price: string) => ({ entries: { price }, rescue: false, step: 0, documents: [], spares: [] });
  const keep = (bid: string, price: string) =>
    locker.set(placed(bid, "sealed"), JSON.stringify({ bid, project: "p", lot: "1", draft: draft(price) }));

  it("comes back to be corrected, as the bid that was named was sealed from, and that is asked for once", async () => {
    keep("b1", "77");
    keep("b2", "88");
    await shown("/projects/p/lots/1/prepare?correct=b1");
    await vi.waitFor(() => expect([at(), field("报价").value]).toEqual(["sheet", "77"]));
    expect(words()).toContain(say("bidder.prepare.correcting"));
    expect(page.address()).not.toContain("correct");
    bids.bids = [kept({ bid: "b2" })];
    await enter("submit");
    await press("[correct]");
    expect([at(), field("报价").value]).toEqual(["sheet", "88"]);
  });

  it("comes back to be corrected also when the first attempt to load failed", async () => {
    keep("b1", "77");
    terms.termsPackage.mockRejectedValueOnce(new CryptoFailure("worker-failed", { reason: "" }));
    await shown("/projects/p/lots/1/prepare?correct=b1");
    expect([alarms().length, stepButtons()]).toEqual([1, []]);
    await press(say("common.retry"));
    await vi.waitFor(() => expect([at(), field("报价").value]).toEqual(["sheet", "77"]));
    expect(words()).toContain(say("bidder.prepare.correcting"));
    expect(page.address()).not.toContain("correct");
    // What is typed since is not undone by another failure and retry.
    await fill("报价", "78");
    terms.termsPackage.mockRejectedValueOnce(new CryptoFailure("worker-failed", { reason: "" }));
    view.value = seen({ terms: "t2" });
    await settled();
    await press(say("common.retry"));
    await vi.waitFor(() => expect(alarms()).toEqual([]));
    expect(field("报价").value).toBe("78.00");
  });

  it("is cleared for a blank bid only after a question, unless a bid was sealed from it", async () => {
    const sure = vi.fn(() => false);
    vi.stubGlobal("confirm", sure);
    bids.bids = [kept()];
    await shown();
    await next();
    await fill("报价", "100");
    await enter("submit");
    await press(say("bidder.prepare.new"));
    expect([sure.mock.calls, at()]).toEqual([[[say("tool.offline.clearAsk")]], "submit"]);
    sure.mockReturnValue(true);
    await press(say("bidder.prepare.new"));
    expect(at()).toBe("terms");
    await next();
    expect(field("报价").value).toBe("");
    await fill("报价", "100");
    for (let step = 0; step < 3; step += 1) await next();
    await press(start);
    sure.mockClear();
    await press(say("bidder.prepare.new"));
    expect([sure.mock.calls, at()]).toEqual([[], "terms"]);
  });

  it("comes back to be corrected by whoever unlocks the key for it", async () => {
    keep("b1", "77");
    session.key = null;
    session.unlocked = async () => {
      await Promise.resolve();
      session.key = KEY;
      return KEY;
    };
    await shown("/projects/p/lots/1/prepare?correct=b1");
    await vi.waitFor(() => expect([at(), field("报价").value]).toEqual(["sheet", "77"]));
    expect(words()).toContain(say("bidder.prepare.correcting"));
  });

  it("is not the next person's to read at this machine", async () => {
    await shown();
    await next();
    await fill("报价", "55");
    session.session = person("c2");
    await settled();
    expect(at()).toBe("terms");
    await next();
    expect(field("报价").value).toBe("");
  });

  it("is cleared only when that was confirmed", async () => {
    const ask = vi.fn(() => false);
    vi.stubGlobal("confirm", ask);
    await shown();
    await next();
    await fill("报价", "55");
    await press(say("bidder.prepare.clear"));
    expect([ask.mock.calls.length, field("报价").value]).toEqual([1, "55.00"]);
    ask.mockReturnValue(true);
    await press(say("bidder.prepare.clear"));
    expect(field("报价").value).toBe("");
  });
});
