// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refused } from "@/api";
import { CryptoFailure } from "@/crypto/failure";
import { now } from "@/room/clock";
import { all, button, field, fill, leaveAll, mounted, press, say, settled, words } from "../../../tests/mounted";
import HelpDesk from "./HelpDesk.vue";

const act = vi.fn(async (_project: string, _body: object): Promise<object> => ({}));
vi.mock("@/session", () => ({ useSession: () => ({ act }) }));
const chime = vi.hoisted(() => vi.fn());
vi.mock("./chime", () => ({ chime, allowSound: async () => undefined }));

const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({
  ...(await real<object>()),
  api: { GET: (path: string, given?: object) => asked(`GET ${path}`, given) },
  data: (reply: unknown) => reply,
}));

const NOW = Date.UTC(2026, 10, 23, 2);
const MINUTE = 60_000;
const help = (event: number | undefined, by: string, ago: number, more: object = {}) => ({
  ...{ project: "p", number: "JY-1", title: "桥梁工程", lot: "1", lot_title: "土建", seen: NOW - ago },
  help: { event, by, text: `${by}解锁不了`, time: NOW - ago, ...more },
});
const call = (handle: string, name: string, ago: number, more: object = {}) => ({
  ...{ call: handle, name, person: "李四", text: `${name}登录不了`, time: NOW - ago },
  ...more,
});
const answered = (ago: number) => ({ answer: "请刷新页面", answered: NOW - ago, answered_by: "服务台" });
let answer: unknown;
const names = (part = "article") => all(`${part} h3`).map((it) => words(it));
const answering = (name: string) => say("centre.desk.answering", { name });
const send = say("centre.desk.sending");
const poll = async () => {
  await vi.advanceTimersByTimeAsync(3_000);
  await settled();
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  localStorage.clear();
  now.value = NOW;
  act.mockReset().mockResolvedValue({});
  chime.mockReset();
  answer = { helps: [], calls: [] };
  asked.mockReset().mockImplementation(async () => {
    if (answer instanceof Error) throw answer;
    return answer;
  });
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

describe("who waits", () => {
  it("stands first where it has waited longest, a call among requests of a lot, late ones marked", async () => {
    answer = { helps: [help(7, "甲公司", MINUTE), help(5, "乙公司", 4 * MINUTE)], calls: [call("c1", "丙公司", 2 * MINUTE)] };
    await mounted(HelpDesk);
    expect(names()).toEqual(["乙公司", "丙公司", "甲公司"]);
    expect(all("article").map((it) => it.classList.contains("late"))).toEqual([true, false, false]);
    expect(document.title.startsWith("(3) ")).toBe(true);
    now.value = NOW + 90_000;
    await settled();
    expect(all("article").map((it) => it.classList.contains("late"))).toEqual([true, true, false]);
  });

  it("is told once when it comes, and not what waited already", async () => {
    answer = { helps: [help(5, "乙公司", MINUTE)], calls: [] };
    await mounted(HelpDesk);
    await press(say("centre.board.soundOff"));
    chime.mockReset();
    answer = { helps: [help(5, "乙公司", MINUTE)], calls: [call("c1", "丙公司", 0)] };
    await poll();
    expect(words(all("p[role=alert]")[0])).toBe(say("centre.desk.fresh", { name: "丙公司" }));
    await poll();
    expect(chime).toHaveBeenCalledTimes(1);
  });

  it("stays in sight when the server is silent, and that is said", async () => {
    answer = { helps: [help(5, "乙公司", MINUTE)], calls: [] };
    await mounted(HelpDesk);
    answer = new Refused(0);
    await poll();
    expect(words()).toContain(say("common.unreachable"));
    expect(names()).toEqual(["乙公司"]);
  });

  it("before T0 cannot be answered, and that is said", async () => {
    answer = { helps: [help(undefined, "", MINUTE)], calls: [] };
    await mounted(HelpDesk);
    expect(words()).toContain(say("centre.desk.beforeT0"));
    expect(button(send)).toBeUndefined();
  });

  it("with a name of its own word is marked so", async () => {
    answer = { helps: [], calls: [call("c1", "丙公司", 0, { unvouched: true })] };
    await mounted(HelpDesk);
    expect(words(all("article")[0])).toContain(say("centre.desk.unvouched"));
  });
});

describe("an answer", () => {
  beforeEach(() => (answer = { helps: [help(5, "乙公司", 4 * MINUTE)], calls: [call("c1", "丙公司", 2 * MINUTE)] }));

  it("goes to the very request that it was written under", async () => {
    await mounted(HelpDesk);
    expect(all<HTMLButtonElement>("button[type=submit]").every((it) => it.disabled)).toBe(true);
    await fill(answering("丙公司"), " 请换浏览器 ");
    all<HTMLButtonElement>("button[type=submit]")[1]!.click();
    await settled();
    await fill(answering("乙公司"), "请用备用密钥");
    all<HTMLButtonElement>("button[type=submit]")[0]!.click();
    await settled();
    expect(act.mock.calls).toEqual([
      ["", { act: "answer-call", call: "c1", text: "请换浏览器" }],
      ["p", { act: "answer-help", lot: "1", help: 5, text: "请用备用密钥" }],
    ]);
  });

  it("that is being written stays with its request while others come and go", async () => {
    await mounted(HelpDesk);
    await fill(answering("丙公司"), "请换");
    const gone = help(5, "乙公司", 4 * MINUTE, answered(0));
    answer = { helps: [gone], calls: [call("c1", "丙公司", 2 * MINUTE)] };
    await poll();
    expect(field(answering("丙公司")).value).toBe("请换");
    answer = { helps: [gone, help(9, "甲公司", 5 * MINUTE)], calls: [call("c1", "丙公司", 2 * MINUTE)] };
    await poll();
    expect(names()).toEqual(["甲公司", "丙公司", "乙公司"]);
    expect([field(answering("甲公司")).value, field(answering("丙公司")).value]).toEqual(["", "请换"]);
  });

  it("is not lost when it was refused, and not sent twice", async () => {
    act.mockRejectedValueOnce(new CryptoFailure("unreachable"));
    await mounted(HelpDesk);
    await fill(answering("乙公司"), "请用备用密钥");
    await press(send);
    expect(all("article [role=alert]")).toHaveLength(1);
    expect(field(answering("乙公司")).value).toBe("请用备用密钥");
    let done = (_: object): void => undefined;
    act.mockReturnValueOnce(new Promise((resolve) => (done = resolve)));
    await press(send);
    field(answering("乙公司")).dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }));
    await settled();
    expect(act).toHaveBeenCalledTimes(2);
    const before = asked.mock.calls.length;
    done({});
    await settled();
    // The list is read again at once, so that nobody answers a second time.
    expect(asked.mock.calls.length).toBe(before + 1);
    expect(field(answering("乙公司")).value).toBe("");
  });

  it("that stands ready is added to what was written", async () => {
    await mounted(HelpDesk);
    await fill(answering("乙公司"), "您好。");
    await fill(say("centre.desk.canned"), "spare");
    expect(field(answering("乙公司")).value).toBe(`您好。\n${say("centre.canned.spare")}`);
    expect(act).not.toHaveBeenCalled();
  });
});

it("finds what was answered, and hides nobody who waits for it", async () => {
  answer = {
    helps: [help(5, "乙公司", 9 * MINUTE, answered(MINUTE)), help(6, "甲公司", 8 * MINUTE, answered(2 * MINUTE))],
    calls: [call("c1", "丙公司", 2 * MINUTE)],
  };
  await mounted(HelpDesk);
  expect(names()).toEqual(["丙公司", "乙公司", "甲公司"]);
  await fill(say("centre.desk.search"), "甲公司");
  expect(names()).toEqual(["丙公司", "甲公司"]);
  expect(button(send)).toBeDefined();
});
