// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineComponent, h, reactive } from "vue";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, field, fill, leaveAll, mounted, press, say, settled, words } from "../../../tests/mounted";
import DeskAnswers from "./DeskAnswers.vue";
import DeskCall from "./DeskCall.vue";

const act = vi.fn(async (_project: string, _body: object): Promise<object> => ({}));
const session = reactive({
  session: { certificate: "c1" } as object | null,
  key: null,
  roles: ["bidder"],
  act,
  platform: async () => ({ desk_phone: "010-1234 5678,9" }),
});
vi.mock("@/session", () => ({ useSession: () => session }));
vi.mock("@/crypto/client", () => ({ vault: () => ({ keep: async () => false, kept: async () => undefined }) }));

const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({
  ...(await real<object>()),
  api: { GET: (path: string) => asked(`GET ${path}`) },
  data: (reply: unknown) => reply,
}));

const NOW = Date.UTC(2026, 10, 23, 2);
const call = (handle: string, more: object = {}) => ({ call: handle, person: "李四", text: `第 ${handle} 问`, time: NOW - 1_000, ...more });
const answered = { answer: "请刷新页面", answered: NOW - 500, answered_by: "服务台" };
let calls: object[] = [];
const Both = defineComponent({
  props: { project: String },
  setup: (props) => () => [h(DeskCall, { project: props.project }), h(DeskAnswers)],
});
const shown = (project?: string) => mounted(Both, project ? { project } : {});
const open = say("desk.button");
const text = say("hall.help.text");
const send = say("hall.help.send");
const answers = () => all("section[role=status]").map((it) => words(it));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  session.roles = ["bidder"];
  calls = [];
  act.mockReset().mockResolvedValue({});
  asked.mockReset().mockImplementation(async () => ({ calls, now: NOW }));
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

describe("a call to the desk", () => {
  it("is sent with the project it is about, said to be sent, and shown as waiting", async () => {
    await shown("p");
    await press(open);
    expect(button(send)?.disabled).toBe(true);
    await fill(text, " 登录不了 ");
    calls = [call("c1")];
    await press(send);
    expect(act.mock.calls).toEqual([["", { act: "call-desk", text: "登录不了", project: "p" }]]);
    expect(words()).toContain(say("desk.sent"));
    expect(words()).toContain(say("hall.help.waiting"));
    expect(field(text).value).toBe("");
  });

  it("says who reads it, which is more where a project is named", async () => {
    await shown();
    await press(open);
    expect(words()).toContain(say("desk.readers"));
    await fill(text, "登录不了");
    await press(send);
    expect(act.mock.calls).toEqual([["", { act: "call-desk", text: "登录不了" }]]);
    leaveAll();
    await shown("p");
    await press(open);
    expect(words()).toContain(say("desk.readersProject"));
  });

  it("keeps what was written where it was refused, and does not say that it was sent", async () => {
    act.mockRejectedValueOnce(new CryptoFailure("unreachable"));
    await shown();
    await press(open);
    await fill(text, "登录不了");
    await press(send);
    expect(all("[role=alert]")).toHaveLength(1);
    expect(words()).not.toContain(say("desk.sent"));
    expect(field(text).value).toBe("登录不了");
  });

  it("takes no more words while it is sent, which would be lost", async () => {
    let come = (_: object): void => undefined;
    act.mockReturnValueOnce(new Promise((resolve) => (come = resolve)));
    await shown();
    await press(open);
    await fill(text, "登录不了");
    await press(send);
    expect((field(text) as unknown as HTMLTextAreaElement).readOnly).toBe(true);
    come({});
    await settled();
    expect((field(text) as unknown as HTMLTextAreaElement).readOnly).toBe(false);
  });

  it("is for whoever is registered; the telephone is dialled without what is no number", async () => {
    await shown();
    expect(all<HTMLAnchorElement>("a")[0]?.getAttribute("href")).toBe("tel:01012345678");
    leaveAll();
    session.roles = [];
    await shown();
    expect(button(open)).toBeUndefined();
  });
});

describe("an answer", () => {
  it("comes to whichever screen by itself, and goes when it was acknowledged", async () => {
    calls = [call("c1")];
    await shown();
    expect(answers()).toEqual([]);
    calls = [call("c1", answered)];
    await vi.advanceTimersByTimeAsync(3_000);
    await settled();
    expect(answers()[0]).toContain(say("hall.help.answer", { text: "请刷新页面" }));
    await press(say("desk.acknowledge"));
    expect(answers()).toEqual([]);
    await press(open);
    expect(words(all("dialog[open]")[0])).toContain("请刷新页面");
  });

  it("is not acknowledged for another one that comes later", async () => {
    calls = [call("c1", answered), call("c2")];
    await shown();
    await press(say("desk.acknowledge"));
    calls = [call("c1", answered), call("c2", { ...answered, answer: "请换浏览器" })];
    await vi.advanceTimersByTimeAsync(3_000);
    await settled();
    expect(answers()[0]).toContain("请换浏览器");
    expect(answers()[0]).not.toContain("请刷新页面");
  });
});
