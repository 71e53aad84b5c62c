// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refused } from "@/api";
import { all, button, enter, fill, leaveAll, mounted, press, say, settled, words } from "../../../tests/mounted";
import { trailOf } from "../../../tests/trail";
import PlatformAudit from "./PlatformAudit.vue";

const saved = vi.hoisted(() => vi.fn());
vi.mock("@/ui/save", () => ({ saveText: saved }));
const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({
  ...(await real<object>()),
  api: { GET: (path: string, given?: object) => asked(path, given) },
  data: (reply: unknown) => reply,
}));
const by = (what: object, details: object = {}) => ({ facts: { by: "platform", what }, details, time: Date.UTC(2026, 10, 28, 1) });
const trail = trailOf([
  by({ kind: "started", version: "0.1.0", unclean: true }),
  { ...by({ kind: "sessions_noted", whose: "bidders", until: 1 }), hidden: "until_deadline" },
  by(
    { kind: "role_bound", role: "host" },
    { subject: { name: "某代理" }, changed: [{ what: "roles", before: "centre", after: "centre host" }] },
  ),
  by({ kind: "health_noted", sign: "log_stopped", measured: 0 }),
]);
const [troubled, bound, hidden, started] = trail.events;
/** The events of the platform as a page of them is served. */
const page = (events: readonly unknown[], next?: number) => ({ ...trail, events, ...(next === undefined ? {} : { next }) });
let answer: object | Error;

beforeEach(() => {
  saved.mockReset();
  answer = trail;
  asked.mockReset().mockImplementation((path: string) => {
    if (path === "/api/v1/board") return Promise.resolve({ rooms: [{ id: "p1", number: "ZB-1", title: "道路" }] });
    if (answer instanceof Error) throw answer;
    return Promise.resolve(answer);
  });
});
afterEach(leaveAll);
const pages = () => asked.mock.calls.filter(([path]) => path !== "/api/v1/board").map(([, given]) => given.params.query);
const lines = () => all("li.entry .line").map((it) => words(it));

describe("the platform's audit page", () => {
  it("tells each event in a line, and why details are not shown", async () => {
    await mounted(PlatformAudit);
    expect(lines()[0]).toContain(say("centre.signs.log_goes_on"));
    expect(lines()[1]).toContain(say("audit.roles", { whose: "某代理", before: "交易中心", after: "交易中心、招标人（代理机构）" }));
    expect(lines()[2]).toContain(say("audit.hidden.until_deadline"));
    expect(lines()[3]).toContain(say("centre.signs.unclean", { version: "0.1.0" }));
    expect(words()).toContain(say("audit.proved", { n: 4, all: 4 }));
  });

  it("opens one event at a time, by a button, with before and after and its proof", async () => {
    await mounted(PlatformAudit);
    const heads = all<HTMLButtonElement>("li.entry .line");
    expect(heads.every((it) => it.tagName === "BUTTON" && it.getAttribute("aria-expanded") === "false")).toBe(true);
    heads[1]!.click();
    await settled();
    expect(words(all("li.entry.open")[0])).toContain("centre host");
    expect(words(all("li.entry.open")[0])).toContain(say("audit.holds", { size: 4 }));
    heads[2]!.click();
    await settled();
    expect(all("li.entry.open")).toHaveLength(1);
  });

  it("marks what is not proved, and exports none of it", async () => {
    answer = page([troubled, bound, { ...hidden, time: 1 }, started]);
    await mounted(PlatformAudit);
    expect(words()).toContain(say("audit.wrong", { n: 1 }));
    expect(all(".badge.red")).toHaveLength(1);
    await press(say("audit.jsonl"));
    expect(saved).not.toHaveBeenCalled();
    expect(words()).toContain(say("audit.unproved", { which: "2" }));
  });

  it("exports what is searched for", async () => {
    await mounted(PlatformAudit, {}, { at: "/audit?kind=started" });
    await press(say("audit.csv"));
    expect(pages().at(-1)).toMatchObject({ kind: "started", after: 0 });
    const [name, text] = saved.mock.calls[0] as [string, string];
    expect(name).toBe("platform-audit.csv");
    expect(text.split("\r\n")).toHaveLength(6);
  });

  it("keeps a search in its address, and asks for it", async () => {
    const shown = await mounted(PlatformAudit, {}, { at: "/audit" });
    await fill(say("audit.actor"), "张三");
    await fill(say("audit.kind"), "running");
    await enter(say("audit.actor"));
    await vi.waitFor(() => expect(shown.address()).toBe(`/audit?kind=running&actor=${encodeURIComponent("张三")}`));
    expect(pages().at(-1)).toMatchObject({ actor: "张三", kind: "started,stopped,health_noted" });
  });

  it("goes on where a page ends, past empty ones", async () => {
    answer = page([bound], 3);
    await mounted(PlatformAudit);
    const answers = [page([], 2), page([started])];
    asked.mockImplementation(() => Promise.resolve(answers.shift()));
    await press(say("common.more"));
    expect(lines()).toHaveLength(2);
    expect(button(say("common.more"))).toBeUndefined();
  });

  it("says what a refusal says, and tries again", async () => {
    answer = new Refused(0);
    await mounted(PlatformAudit);
    answer = page([]);
    await press(say("common.retry"));
    expect(words()).toContain(say("audit.none"));
  });
});
