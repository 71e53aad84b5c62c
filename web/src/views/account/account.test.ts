// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reactive } from "vue";
import { Refused } from "@/api";
import { all, button, fill, leaveAll, mounted, press, say, settled, tick, words } from "../../../tests/mounted";
import Account from "./Account.vue";
import Alerts from "./Alerts.vue";

const session = reactive({
  session: { certificate: "c1", organisation: "91", organisation_name: "甲公司", name: "张三", roles: ["bidder"], linked: true } as
    | object
    | null,
  key: null,
  roles: ["bidder"],
  restore: async () => undefined,
  inSession: <T>(work: () => Promise<T>) => work(),
});
vi.mock("@/session", () => ({ useSession: () => session }));
vi.mock("../public/Vouchers.vue", () => ({ default: { render: () => null } }));

/** What the server is asked, and what it answers: by method and path. */
const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => {
  const call = (method: string) => (path: string, given?: object) => asked(`${method} ${path}`, given);
  return {
    ...(await real<object>()),
    api: { GET: call("GET"), PUT: call("PUT"), POST: call("POST"), DELETE: call("DELETE") },
    data: (reply: unknown) => reply,
  };
});

const one = (id: string, own = false) => ({ session: id, this: own, began: 1, used: 2, expires: 3, certificate: "c1" });
const alerts = (more: object = {}) => ({
  ...{ channels: ["mail", "phone"], kinds: ["postponed", "window_started"], unwanted: [], language: "zh-CN", follows: [] },
  ...more,
});
let answers: Record<string, unknown>;
beforeEach(() => {
  answers = {
    "GET /api/v1/sessions": { sessions: [one("s1", true), one("s2")] },
    "GET /api/v1/alerts": alerts(),
    "GET /api/v1/alerts/history": { alerts: [] },
  };
  asked.mockReset().mockImplementation(async (what: string) => {
    const answer = answers[what];
    if (answer instanceof Error) throw answer;
    return answer ?? {};
  });
});
afterEach(leaveAll);
const calls = (what: string) => asked.mock.calls.filter(([path]) => path === what).map(([, given]) => given);

describe("one's sessions", () => {
  it("are shown, and another one is ended, never the own by accident", async () => {
    await mounted(Account);
    expect(words()).toContain("甲公司");
    const ends = all<HTMLButtonElement>("button").filter((it) => words(it) === say("login.account.end"));
    expect(ends).toHaveLength(1);
    answers["GET /api/v1/sessions"] = { sessions: [one("s1", true)] };
    ends[0]!.click();
    await settled();
    expect(calls("DELETE /api/v1/sessions/{session}")).toEqual([{ params: { path: { session: "s2" } } }]);
    expect(all("button").filter((it) => words(it) === say("login.account.end"))).toEqual([]);
  });

  it("are not another person's, who logs in at this machine", async () => {
    await mounted(Account);
    const before = calls("GET /api/v1/sessions").length;
    session.session = { ...session.session, certificate: "c2" };
    await settled();
    expect(calls("GET /api/v1/sessions").length).toBe(before + 1);
  });

  it("say what could not be read", async () => {
    answers["GET /api/v1/sessions"] = new Refused(0);
    await mounted(Account);
    expect(all("[role=alert]").length).toBeGreaterThan(0);
  });
});

describe("how one is reached", () => {
  const mail = say("alerts.address.mail");

  it("saves addresses, and asks for the code of a new one", async () => {
    await mounted(Alerts);
    await fill(mail, "a@example.org");
    answers["PUT /api/v1/alerts"] = alerts({ mail: { address: "a@example.org", confirmed: false, code_until: Date.now() + 60_000 } });
    await press(say("alerts.save"));
    expect(calls("PUT /api/v1/alerts")[0]).toMatchObject({ body: { mail: "a@example.org" } });
    expect(words()).toContain(say("alerts.saved"));
    expect(button(say("alerts.confirm"))).toBeDefined();
  });

  it("confirms a code without undoing what was ticked meanwhile", async () => {
    answers["GET /api/v1/alerts"] = alerts({ mail: { address: "a@example.org", confirmed: false, code_until: Date.now() + 60_000 } });
    await mounted(Alerts);
    await tick(say("alerts.kind.postponed"));
    answers["POST /api/v1/alerts/confirm"] = alerts({ mail: { address: "a@example.org", confirmed: true } });
    await fill(new RegExp(`^${say("alerts.codeSent", { time: "" }).slice(0, 6)}`), " 123456 ");
    await press(say("alerts.confirm"));
    expect(calls("POST /api/v1/alerts/confirm")).toEqual([{ body: { channel: "mail", code: "123456" } }]);
    answers["PUT /api/v1/alerts"] = alerts();
    await press(say("alerts.save"));
    expect(calls("PUT /api/v1/alerts")[0]).toMatchObject({ body: { unwanted: ["postponed"] } });
  });

  it("are forgotten only after a question that says what is lost", async () => {
    answers["GET /api/v1/alerts"] = alerts({ mail: { address: "a@example.org", confirmed: true }, follows: ["p1", "p2"] });
    await mounted(Alerts);
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    await press(say("alerts.forget"));
    const sure = () => all<HTMLButtonElement>("dialog button[type=submit]")[0]!;
    expect([calls("DELETE /api/v1/alerts"), words(all("dialog[open]")[0])]).toEqual([
      [],
      expect.stringContaining(say("alerts.forgetWill", { n: 2 })),
    ]);
    sure().click();
    vi.advanceTimersByTime(3_000);
    await settled();
    expect(calls("DELETE /api/v1/alerts")).toEqual([]);
    sure().click();
    await settled();
    vi.useRealTimers();
    expect([calls("DELETE /api/v1/alerts").length, all("dialog[open]")]).toEqual([1, []]);
  });

  it("says that this platform reaches nobody, where it has no way", async () => {
    answers["GET /api/v1/alerts"] = alerts({ channels: [] });
    await mounted(Alerts);
    expect(words()).toContain(say("alerts.none"));
    expect(button(say("alerts.save"))).toBeUndefined();
  });
});
