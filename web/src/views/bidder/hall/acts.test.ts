// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reactive } from "vue";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, choose, field, fill, leaveAll, mounted, press, say, settled, words } from "../../../../tests/mounted";
import Countersign from "./Countersign.vue";
import NoObjection from "./NoObjection.vue";
import OwnLine from "./OwnLine.vue";
import SignIn from "./SignIn.vue";
import Speak from "./Speak.vue";
import Unlock from "./Unlock.vue";

const session = reactive({
  key: { signing: { person: "张三" }, encryption: { key: "p-256" } } as object | null,
  session: null,
  held: 0,
  act: vi.fn(async (_project: string, _body: object): Promise<object> => ({})),
  unlocked: vi.fn(async () => ({})),
  keepUnlocked: () => {
    session.held += 1;
    return () => void (session.held -= 1);
  },
});
vi.mock("@/session", () => ({ useSession: () => session }));
const bids = { bids: [] as object[], unlockBid: vi.fn() };
vi.mock("@/bids", () => ({ useBids: () => bids }));
const attached = vi.hoisted(() => ({ attach: vi.fn(), attachAll: vi.fn() }));
vi.mock("./attachments", () => attached);

const alarms = () => all("[role=alert]").map((it) => words(it));
const at = { project: "p", lot: "1" };
const file = (name: string) => new File(["x"], name);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  session.act.mockReset().mockResolvedValue({});
  session.unlocked.mockReset().mockResolvedValue({});
  bids.bids = [];
  bids.unlockBid.mockReset().mockResolvedValue({ bid: "b", received: 1 });
  attached.attach.mockReset().mockImplementation(async (_: string, it: File) => ({ name: it.name, digest: `d-${it.name}` }));
  attached.attachAll.mockReset().mockImplementation(async (_: string, of: File[]) => of.map((it) => ({ name: it.name, digest: "d" })));
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

describe("signing in", () => {
  const number = say("hall.signIn.number");
  async function filled(): Promise<void> {
    await mounted(SignIn, at);
    await fill(say("hall.signIn.phone"), " 138 0000 0000 ");
    await fill(number, "11010519491231002x");
  }

  it("begins with the certificate's own person, and sends what was typed without its edges", async () => {
    await filled();
    await press(say("hall.signIn.send"));
    expect(session.act).toHaveBeenCalledExactlyOnceWith("p", {
      act: "sign-in",
      lot: "1",
      representative: { name: "张三", phone: "138 0000 0000", identity: "居民身份证", identity_number: "11010519491231002X" },
    });
  });

  it("sends nothing while something is missing, and says what at each field", async () => {
    await mounted(SignIn, at);
    await fill(say("hall.signIn.name"), " ");
    await fill(number, "123");
    expect(
      all(".b-wrong")
        .map((it) => words(it))
        .join(""),
    ).toBe("");
    await press(say("hall.signIn.send"));
    expect(all(".b-wrong").map((it) => words(it))).toEqual(["name", "phone", "id"].map((it) => say(`hall.signIn.wrong.${it}`)));
    expect(session.act).not.toHaveBeenCalled();
  });

  it("points out a slip in an identity number, and lets its owner have the last word", async () => {
    await filled();
    await fill(number, "110105194912310021");
    expect(words()).toContain(say("hall.signIn.doubtful"));
    await press(say("hall.signIn.send"));
    expect(session.act).toHaveBeenCalledOnce();
  });

  it("takes a passport's number where that kind was chosen", async () => {
    await filled();
    await fill(number, "E12345678");
    await press(say("hall.signIn.send"));
    expect(session.act).not.toHaveBeenCalled();
    await fill(say("hall.signIn.kind"), "passport");
    await press(say("hall.signIn.send"));
    expect(session.act.mock.lastCall?.[1]).toMatchObject({ representative: { identity_number: "E12345678" } });
  });

  it("hands the authorisation in before it is named, and signs nobody in without it", async () => {
    await filled();
    await choose(say("hall.signIn.authorisation"), file("委托书.pdf"));
    attached.attach.mockRejectedValueOnce(new CryptoFailure("unreachable"));
    await press(say("hall.signIn.send"));
    expect([session.act.mock.calls.length, alarms().length]).toEqual([0, 1]);
    await press(say("hall.signIn.send"));
    expect(session.act.mock.lastCall?.[1]).toMatchObject({ representative: { authorisation: "d-委托书.pdf" } });
  });
});

describe("the own line", () => {
  const schema = {
    fields: [
      { id: "price", label: "投标报价（元）", type: "money", public: true },
      { id: "rate", label: "下浮率", type: { rate: { scale: 2 } }, public: false },
    ],
  };
  const view = (stage = "announced") => ({ stage, schema });
  const party = (more: object = {}) => ({ bid: "b1", name: "甲", sheet: { price: "779000000" }, ...more });
  const line = (of: object = party(), stage = "announced") => mounted(OwnLine, { ...at, view: view(stage), party: of });

  it("shows what was announced, in capitals too, and nothing that stays private", async () => {
    await line();
    expect(words()).toContain("7,790,000.00");
    expect(words()).toContain("柒佰柒拾玖万元整");
    expect(words()).not.toContain("下浮率");
  });

  it("is confirmed by a signature only after it was asked about once more", async () => {
    await line();
    await press(say("hall.line.confirm"));
    expect(session.act).not.toHaveBeenCalled();
    expect(button(`${say("hall.line.confirmSign")} (2)`)?.disabled).toBe(true);
    await vi.advanceTimersByTimeAsync(2_000);
    await press(say("hall.line.confirmSign"));
    expect(session.act).toHaveBeenCalledExactlyOnceWith("p", { act: "confirm", lot: "1", bid: "b1" });
  });

  it("is disputed with words, and with none it cannot be", async () => {
    await line();
    await press(say("hall.line.dispute"));
    await fill(say("hall.line.text"), "  ");
    expect(button(say("hall.line.send"))?.disabled).toBe(true);
    await fill(say("hall.line.text"), " 工期应为 180 天 ");
    await press(say("hall.line.send"));
    expect(session.act).toHaveBeenCalledExactlyOnceWith("p", { act: "dispute", lot: "1", bid: "b1", text: "工期应为 180 天" });
  });

  it("keeps the words where it failed", async () => {
    await line();
    await press(say("hall.line.dispute"));
    await fill(say("hall.line.text"), "工期应为 180 天");
    session.act.mockRejectedValueOnce(new CryptoFailure("unreachable"));
    await press(say("hall.line.send"));
    expect([alarms().length, field(say("hall.line.text")).value]).toEqual([1, "工期应为 180 天"]);
  });

  it.each([
    ["is said already", party({ line: { disputed: false } }), "announced"],
    ["is over", party(), "objections"],
    ["has not begun", party({ sheet: undefined }), "opened"],
  ])("offers nothing where confirming %s", async (_, of, stage) => {
    await line(of, stage);
    expect(button(say("hall.line.confirm"))).toBeUndefined();
    expect(button(say("hall.line.dispute"))).toBeUndefined();
  });
});

describe("speaking", () => {
  const party = { name: "甲", muted: false };
  const speaking = (kind: "object" | "question", more: object = {}) =>
    mounted(Speak, { kind, ...at, view: { objections: [], questions: [] }, party, ...more });
  const text = (kind: string) => say(`hall.speak.${kind}.text`);
  const send = (kind: string) => say(`hall.speak.${kind}.send`);

  it("objects with files, and clears the form when it was taken", async () => {
    await speaking("object");
    expect(button(send("object"))?.disabled).toBe(true);
    await fill(text("object"), " 唱标有误 ");
    await choose(say("hall.speak.files"), file("截图.png"));
    await press(send("object"));
    expect(session.act).toHaveBeenCalledExactlyOnceWith("p", {
      act: "object",
      lot: "1",
      text: "唱标有误",
      attachments: [{ name: "截图.png", digest: "d" }],
    });
    expect(field(text("object")).value).toBe("");
  });

  it("keeps words and files where it failed", async () => {
    await speaking("object");
    await fill(text("object"), "唱标有误");
    await choose(say("hall.speak.files"), file("截图.png"));
    session.act.mockRejectedValueOnce(new CryptoFailure("unreachable"));
    await press(send("object"));
    expect([field(text("object")).value, alarms().length]).toEqual(["唱标有误", 1]);
    await press(send("object"));
    expect(session.act.mock.lastCall?.[1]).toMatchObject({ attachments: [{ name: "截图.png" }] });
  });

  it("sends no files with a question", async () => {
    await speaking("question");
    await fill(text("question"), "何时公布记录？");
    await press(send("question"));
    expect(session.act).toHaveBeenCalledExactlyOnceWith("p", { act: "question", lot: "1", text: "何时公布记录？" });
  });

  it("takes no question of who is muted, but always an objection", async () => {
    await speaking("question", { party: { ...party, muted: true } });
    expect(button(send("question"))).toBeUndefined();
    expect(words()).toContain(say("hall.speak.muted"));
    leaveAll();
    await speaking("object", { party: { ...party, muted: true } });
    await fill(text("object"), "异议");
    await press(send("object"));
    expect(session.act).toHaveBeenCalledOnce();
  });

  it("shows one's own with their answers, and no other's", async () => {
    const objections = [
      { by: "甲", text: "我的异议", answer: "答复如下", attachments: [] },
      { by: "乙", text: "别家的异议", attachments: [] },
    ];
    await speaking("object", { view: { objections } });
    expect(words()).toContain("我的异议");
    expect(words()).toContain("答复如下");
    expect(words()).not.toContain("别家的异议");
  });

  it("says that there is no objection only after one more question, and only while that counts", async () => {
    const view = (told: string | null) => ({ lawful: { "no-objection": told } });
    await mounted(NoObjection, { ...at, view: view("wrong-stage"), party });
    expect(words()).toBe("");
    leaveAll();
    await mounted(NoObjection, { ...at, view: view(null), party });
    await press(say("hall.speak.none.button"));
    expect(session.act).not.toHaveBeenCalled();
    await press(say("hall.speak.none.sign"));
    expect(session.act).toHaveBeenCalledExactlyOnceWith("p", { act: "no-objection", lot: "1" });
    leaveAll();
    await mounted(NoObjection, { ...at, view: view(null), party: { ...party, on_objections: "none" } });
    expect(button(say("hall.speak.none.button"))).toBeUndefined();
  });
});

describe("countersigning the record", () => {
  const signing = (signed = false) => mounted(Countersign, { ...at, record: "r1", signed });

  it("signs the digest that is shown, with a remark if there is one", async () => {
    await signing();
    expect(words()).toContain("r1");
    await press(say("hall.record.sign"));
    await fill(say("hall.record.remark"), " 已阅 ");
    await press(say("hall.record.sign"));
    expect(session.act.mock.calls.map(([, body]) => body)).toEqual([
      { act: "countersign", lot: "1", record: "r1" },
      { act: "countersign", lot: "1", record: "r1", remark: "已阅" },
    ]);
  });

  it("is offered once", async () => {
    await signing(true);
    expect(button(say("hall.record.sign"))).toBeUndefined();
    expect(words()).toContain(say("hall.record.signed"));
  });
});

describe("unlocking", () => {
  const own = (course: object = { attempts: [] }) => ({ bid: "b1", name: "甲", course });
  const unlocking = (more: object = {}) => mounted(Unlock, { ...at, party: own(), rescue: true, stopped: false, suite: "intl", ...more });
  const go = say("hall.unlock.go");

  it("lets go of the key at one press, and keeps the certificate open meanwhile", async () => {
    await unlocking();
    bids.unlockBid.mockImplementationOnce(async () => {
      expect(session.held).toBe(1);
      return { bid: "b1", received: 1_000 };
    });
    await press(go);
    expect(bids.unlockBid.mock.lastCall?.slice(0, 2)).toEqual(["p", "1"]);
    expect(bids.unlockBid.mock.lastCall?.[3]).toEqual({ bid: "b1" });
    expect(words()).toContain(say("hall.unlock.done"));
    expect([button(go), session.held]).toEqual([undefined, 0]);
  });

  it("asks whoever has SM2 alone for the spare key at once, in a project of the other suite", async () => {
    const before = session.key;
    session.key = { encryption: { key: "sm2" } };
    await unlocking();
    expect(words()).toContain(say("hall.unlock.spare"));
    expect([button(go), button(say("hall.unlock.otherGo")) === undefined]).toEqual([undefined, false]);
    leaveAll();
    await unlocking({ suite: "gm" });
    expect(button(go)).toBeDefined();
    session.key = before;
  });

  it("says what to do next where it failed, and offers to try again; a help is one press away", async () => {
    const help = vi.fn();
    await unlocking({ onHelp: help });
    expect(words()).not.toContain(say("hall.unlock.whatNow"));
    bids.unlockBid.mockRejectedValueOnce(new CryptoFailure("statement-wrong"));
    await press(go);
    expect(alarms()).toHaveLength(1);
    expect(words()).toContain(say("hall.unlock.whatNow"));
    await press(say("hall.help.button"));
    expect(help).toHaveBeenCalledOnce();
    await press(say("hall.unlock.again"));
    expect(words()).toContain(say("hall.unlock.done"));
    expect(session.held).toBe(0);
  });

  it("reproaches nobody who closed the question for the passphrase", async () => {
    await unlocking();
    session.unlocked.mockRejectedValueOnce(new CryptoFailure("cancelled"));
    await press(go);
    expect([alarms(), button(go)?.disabled]).toEqual([[], false]);
    expect(words()).not.toContain(say("hall.unlock.whatNow"));
  });

  it("can be pressed by nobody while the lot is suspended", async () => {
    await unlocking({ stopped: true });
    expect(button(go)?.disabled).toBe(true);
  });

  it("asks for a rescue with a reason, where rescues were agreed on and a try has failed", async () => {
    await unlocking({ party: own({ attempts: ["key_mismatch"] }) });
    await press(say("hall.rescue.ask")).catch(() => undefined);
    expect(session.act).not.toHaveBeenCalled();
    await fill(say("hall.rescue.reason"), " 证书介质损坏 ");
    await press(say("hall.rescue.ask"));
    expect(session.act).toHaveBeenCalledExactlyOnceWith("p", { act: "ask-rescue", lot: "1", bid: "b1", reason: "证书介质损坏" });
    leaveAll();
    await unlocking({ rescue: false, party: own({ attempts: ["key_mismatch"] }) });
    expect(button(say("hall.rescue.ask"))).toBeUndefined();
    leaveAll();
    await unlocking({ party: own({ attempts: ["key_mismatch"], rescue_asked: true }) });
    expect(button(say("hall.rescue.ask"))).toBeUndefined();
    expect(words()).toContain(say("hall.rescue.asked"));
  });

  it("warns before the page is left half way, and not otherwise", async () => {
    await unlocking();
    const leaving = () => {
      const event = new Event("beforeunload", { cancelable: true });
      globalThis.dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect(leaving()).toBe(false);
    let end = (_: object): void => undefined;
    bids.unlockBid.mockReturnValueOnce(new Promise((resolve) => (end = resolve)));
    await press(go);
    expect(leaving()).toBe(true);
    end({ bid: "b1", received: 1 });
    await settled();
    expect(leaving()).toBe(false);
  });

  it("tells what this device knows when the room does not say it yet", async () => {
    bids.bids = [{ bid: "b1", unlockedAt: 1_000_000 }];
    await unlocking({ party: own({ attempts: [], unlocked: true }) });
    expect(words()).toContain(say("hall.unlock.acknowledged"));
  });
});
