// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ref } from "vue";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, choose, field, fill, leaveAll, mounted, press, say, settled, words } from "../../../../tests/mounted";
import { toLocal } from "../moment";
import AmendForm from "./AmendForm.vue";
import CancelForm from "./CancelForm.vue";
import HandOverForm from "./HandOverForm.vue";
import PostponeForm from "./PostponeForm.vue";
import PublishPanel from "./PublishPanel.vue";

const act = vi.fn(async (_: object): Promise<object> => ({}));
vi.mock("../parts/desk", () => ({ useDesk: () => ({ project: "p", busy: ref(false), problem: ref(), act }) }));
vi.mock("../parts/legal", () => ({ useLegal: () => ref({ notice: 3_600, amendment: 1, window: 1 }) }));
const terms = vi.hoisted(() => ({
  ...{ fetchTerms: vi.fn(), differs: vi.fn() },
  ...{ amended: () => ({ missing: "谁" }), canonical: JSON.stringify, termsDigest: async () => "digest" },
}));
vi.mock("../terms", () => terms);
const todo = vi.hoisted(() => ({ missingKeys: vi.fn() }));
vi.mock("../todo", () => todo);

vi.mock("../wizard/LotEditor.vue", async () => {
  const { h } = await import("vue");
  return {
    default: {
      inheritAttrs: false,
      props: ["modelValue"],
      render: (it: { modelValue: { id: string } }) => h("p", `editing ${it.modelValue.id}`),
    },
  };
});

const HOUR = 3_600_000;
const T0 = Math.ceil(Date.now() / HOUR) * HOUR + 48 * HOUR;
const reason = say("common.reason.label");
const bodies = () => act.mock.calls.map(([body]) => body);
const done = vi.fn();

/** Confirms by typing the word that the dialog wants. */
async function confirm(word: string, label: string): Promise<void> {
  const submit = all<HTMLButtonElement>("dialog button[type=submit]").at(-1);
  expect(submit?.disabled).toBe(true);
  await fill(say("common.typeToConfirm", { word }), word);
  await press(label);
}

beforeEach(() => {
  act.mockReset().mockResolvedValue({});
  done.mockReset();
  terms.fetchTerms.mockReset().mockImplementation(async (_: string, lot: string) => ({
    ...{ lot, text: "", digest: `digest-${lot}` },
    terms: { release: 2, custodians: [1, 2, 3] },
  }));
  terms.differs.mockReset().mockReturnValue(undefined);
  todo.missingKeys.mockReset().mockReturnValue([]);
});
afterEach(leaveAll);

describe("postponing", () => {
  const t0 = say("host.manage.postpone.t0");
  const go = say("host.manage.postpone.button");
  const postponing = () => mounted(PostponeForm, { view: { t0: T0 }, onDone: done });

  it("moves T0 later and never earlier, with a reason, by the word", async () => {
    await postponing();
    await fill(reason, " 澄清较多 ");
    expect(button(go)?.disabled).toBe(true);
    await fill(t0, toLocal(T0 - HOUR));
    expect(button(go)?.disabled).toBe(true);
    expect(words()).toContain(say("host.manage.postpone.onlyLater"));
    await fill(t0, toLocal(T0 + HOUR));
    await press(go);
    expect(act).not.toHaveBeenCalled();
    await confirm(say("host.manage.postpone.word"), say("host.manage.signAndSend"));
    expect(bodies()).toEqual([{ act: "postpone", t0: T0 + HOUR, reason: "澄清较多" }]);
    expect(done).toHaveBeenCalledOnce();
  });

  it("wants a reason", async () => {
    await postponing();
    await fill(t0, toLocal(T0 + HOUR));
    expect(button(go)?.disabled).toBe(true);
  });
});

describe("cancelling", () => {
  const lots = { "1": { title: "土建", stage: "bidding" }, "2": { title: "绿化", stage: "cancelled" } };
  const go = say("host.manage.cancel.button");

  it("cancels all lots or the one that was chosen, and says which before it is signed", async () => {
    await mounted(CancelForm, { view: { lots }, onDone: done });
    expect(button(go)?.disabled).toBe(true);
    // A lot that has ended is not offered.
    expect(all("option").map((it) => words(it))).toHaveLength(2);
    await fill(reason, "政策调整");
    await press(go);
    expect(words()).toContain(say("host.manage.cancel.willAll"));
    await press(say("common.cancel"));
    await fill(say("host.manage.cancel.what"), "1");
    await press(go);
    expect(words()).toContain(say("host.manage.cancel.willLot", { lot: "1" }));
    const word = say("host.manage.cancel.word");
    await fill(say("common.typeToConfirm", { word }), word);
    all<HTMLButtonElement>("dialog button[type=submit]").at(-1)?.click();
    await vi.waitFor(() => expect(bodies()).toEqual([{ act: "cancel", lot: "1", reason: "政策调整" }]));
  });
});

describe("handing the seat over", () => {
  const go = say("host.manage.handOver.button");
  const certificate = say("host.manage.handOver.certificate");
  const digest = "ab".repeat(32);

  it("takes a certificate's whole digest and nothing else, and is confirmed by the colleague's name", async () => {
    await mounted(HandOverForm, { onDone: done });
    await fill(say("host.manage.handOver.name"), " 李主持 ");
    await fill(reason, "换班");
    for (const wrong of ["", "ab", digest.slice(1), `${digest}0`, digest.replace("a", "g")]) {
      await fill(certificate, wrong);
      expect(button(go)?.disabled, wrong).toBe(true);
    }
    await fill(certificate, digest);
    await press(go);
    await confirm("李主持", say("host.manage.signAndSend"));
    expect(bodies()).toEqual([{ act: "hand-over", to: { name: "李主持", certificate: digest }, reason: "换班" }]);
  });

  it("says that a file is no certificate, and takes nothing from it", async () => {
    await mounted(HandOverForm);
    await choose(say("host.manage.handOver.file"), new File(["no certificate"], "x.pem"));
    await vi.waitFor(() => expect(words()).toContain(say("host.manage.handOver.notACertificate")));
    expect(field(certificate).value).toBe("");
  });
});

describe("publishing", () => {
  const view = (t0 = T0) => ({ t0, lots: { "1": { title: "土建" }, "2": { title: "绿化" } } });
  const go = say("host.manage.publish.button");
  const publishing = (more: object = {}) => mounted(PublishPanel, { project: "p", view: view(), ...more });
  const isBarred = () => button(go)?.getAttribute("aria-disabled") === "true";

  it("signs the digests of the terms that are served now, and T0", async () => {
    await publishing();
    await press(go);
    await vi.waitFor(() => expect(words()).toContain("digest-2"));
    await confirm(say("host.manage.publish.word"), say("host.manage.publish.sign"));
    expect(bodies()).toEqual([{ act: "publish", terms: { "1": "digest-1", "2": "digest-2" }, t0: T0 }]);
  });

  it("never signs terms that are not this draft's", async () => {
    terms.differs.mockImplementation(({ lot }: { lot: string }) => (lot === "2" ? "officials" : undefined));
    await publishing();
    await press(go);
    await vi.waitFor(() => expect(words()).toContain(say("host.manage.publish.wrong.officials")));
    const word = say("host.manage.publish.word");
    await fill(say("common.typeToConfirm", { word }), word);
    expect(button(say("host.manage.publish.sign"))?.disabled).toBe(true);
  });

  it("waits for the custodians' keys, and for the time that the law gives", async () => {
    todo.missingKeys.mockReturnValue([1]);
    await publishing();
    expect(isBarred()).toBe(true);
    leaveAll();
    todo.missingKeys.mockReturnValue([]);
    await publishing({ view: view(Date.now() + HOUR / 2) });
    expect(isBarred()).toBe(true);
    expect(all(".note.red")).toHaveLength(1);
  });

  it("says what could not be read, and asks for nothing to be signed", async () => {
    terms.fetchTerms.mockRejectedValue(new CryptoFailure("unreachable"));
    await publishing();
    await press(go);
    await vi.waitFor(() => expect(all("[role=alert]")).toHaveLength(1));
    expect(button(say("host.manage.publish.sign"))).toBeUndefined();
  });
});

describe("amending", () => {
  it("edits the terms of the lot that is chosen, whichever answer comes last", async () => {
    const coming = new Map<string, (fetched: object) => void>();
    terms.fetchTerms.mockImplementation((_: string, lot: string) => new Promise((resolve) => coming.set(lot, resolve)));
    const named = { name: "甲", organisation: "1" };
    const served = (lot: string) => ({ lot, terms: { custodians: [], release: 2, schema: { fields: [] }, policy: { stays: {} } } });
    const lots = { "1": { title: "土建", stage: "bidding" }, "2": { title: "绿化", stage: "bidding" } };
    const officials = { tenderer: named, centre: named, supervisor: named };
    await mounted(AmendForm, { project: "p", view: { t0: T0, lots, officials, keys: [] } });
    await fill(say("host.manage.amend.lot"), "2");
    coming.get("2")?.(served("2"));
    coming.get("1")?.(served("1"));
    await vi.waitFor(() => expect(words()).toContain("editing 2"));
    await settled();
    expect(words()).not.toContain("editing 1");
  });
});
