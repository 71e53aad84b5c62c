// @vitest-environment happy-dom
/** While words are sent nothing can be typed that would be lost with them, and nothing is sent twice. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ref } from "vue";
import Speak from "@/views/bidder/hall/Speak.vue";
import AnswerForm from "@/views/host/console/AnswerForm.vue";
import RemarkForm from "@/views/host/console/RemarkForm.vue";
import TalkPanel from "@/views/host/console/TalkPanel.vue";
import ComplaintForm from "@/views/complaints/ComplaintForm.vue";
import { all, button, enter, field, fill, leaveAll, mounted, press, say, settled } from "../../tests/mounted";
import ConfirmForm from "./ConfirmForm.vue";
import PrivateTalk from "./room/PrivateTalk.vue";

/** What is sent, until it is answered. */
let answer: (what: unknown) => void;
const act = vi.fn((..._: unknown[]) => new Promise((resolve) => (answer = resolve)));
const busy = ref(false);
const desk = {
  ...{ project: "p", busy, problem: ref(), act },
  async tries(body: object): Promise<boolean> {
    busy.value = true;
    await act(body);
    busy.value = false;
    return true;
  },
};
vi.mock("@/views/host/parts/desk", () => ({ useDesk: () => desk }));
vi.mock("@/session", () => ({ useSession: () => ({ session: {}, act }) }));

const view = { lots: {} };
const asked = { event: 7, by: "甲公司", time: 0, text: "问", attachments: [] };
const texts = () => all<HTMLTextAreaElement>("textarea");

beforeEach(() => {
  act.mockClear();
  busy.value = false;
});
afterEach(leaveAll);

it.each([
  ["a host's words", TalkPanel, { view, lot: "1", log: [], may: {} }, say("host.console.talk.send")],
  ["an answer", AnswerForm, { kind: "answer", lot: "1", asked }, say("host.manage.signAndSend")],
  ["a remark", RemarkForm, { lot: "1", party: { party: "a" } }, say("host.console.remark.send")],
  ["what is written privately", PrivateTalk, { lines: [], why: undefined, send: act }, say("stages.private.send")],
  ["a question", Speak, { kind: "question", project: "p", lot: "1", view: {}, party: undefined }, say("hall.speak.question.send")],
])("%s", async (_, part, props, send) => {
  await mounted(part, props);
  if (part === AnswerForm) await press(new RegExp(`^${say("host.console.acts.answer")}`));
  const [text] = texts();
  text!.value = "第一句";
  text!.dispatchEvent(new Event("input"));
  await settled();
  expect(text!.readOnly).toBe(false);
  await press(send);
  expect(text!.readOnly).toBe(true);
  text!.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true }));
  await settled();
  expect(act).toHaveBeenCalledOnce();
  answer({ events: [] });
  await settled();
  expect([texts()[0]?.value ?? "", texts()[0]?.readOnly ?? false]).toEqual(["", false]);
});

it("a complaint", async () => {
  const fields = ["request", "text", "cites"].map((it) => say(`complaints.form.${it}`));
  await mounted(ComplaintForm, { project: "p", lots: { "1": {} }, titles: { "1": "土建" } });
  await fill(fields[0]!, "请求");
  await fill(fields[1]!, "事实");
  await press(say("complaints.form.sign"));
  expect([...fields.map((it) => field(it).readOnly), field(say("complaints.files")).disabled]).toEqual([true, true, true, true]);
  answer({ events: [] });
  await settled();
  expect(fields.map((it) => [field(it).value, field(it).readOnly])).toEqual([
    ["", false],
    ["", false],
    ["", false],
  ]);
});

it("what a confirmation is about", async () => {
  const { h } = await import("vue");
  await mounted(ConfirmForm, { action: act, seconds: 0 }, { slots: { default: () => h("label", ["理由", h("textarea")]) } });
  await enter("理由");
  const within = () => texts()[0]?.closest("[inert]");
  expect([act.mock.calls.length, within() !== null]).toEqual([1, true]);
  answer({});
  await settled();
  expect([within(), button(say("common.confirm"))?.disabled]).toEqual([null, false]);
});
