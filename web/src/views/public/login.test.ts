// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { reactive } from "vue";
import { all, button, choose, field, fill, leaveAll, mounted, press, say, settled, words } from "../../../tests/mounted";
import { CryptoFailure } from "@/crypto/failure";
import Login from "./Login.vue";

const fresh = () => ({
  session: null as Record<string, unknown> | null,
  key: null,
  roles: [] as string[],
  ready: true,
  restore: async () => undefined,
  login: vi.fn(),
  logout: vi.fn(),
  register: vi.fn(),
  platform: async () => ({ desk_phone: null }),
  refresh: async () => undefined,
});
let session = reactive(fresh());
vi.mock("@/session", () => ({ useSession: () => session }));
vi.mock("@/crypto/client", () => ({ vault: () => ({ certificates: async () => [] }) }));
vi.mock("@/ui/desk/calls", () => ({ useCalls: () => ({ phone: "" }) }));
vi.mock("./Vouchers.vue", () => ({ default: { render: () => null } }));
let own: object[] = [];
vi.mock("./openings", () => ({ ownLines: async () => own }));

const submit = say("login.submit");
const passphrase = say("login.passphrase");
const someone = { certificate: "c", organisation: "91", organisation_name: "甲公司", name: "张三", linked: true, authority: "CA" };

function enters(roles: string[]): void {
  session.login.mockImplementation(async () => {
    session.session = someone;
    session.roles = roles;
  });
}

async function logsIn(): Promise<void> {
  await choose(say("login.choose"), new File(["p12"], "own.p12"));
  await vi.waitFor(() => expect(words()).toContain("own.p12"));
  await fill(passphrase, "secret");
  await press(submit);
  await settled();
}

/** Whoever would be led on has been led on by then. */
const later = () => new Promise((resolve) => setTimeout(resolve, 20));

beforeEach(() => {
  session = reactive(fresh());
  own = [];
});
afterEach(leaveAll);

describe("logging in", () => {
  it("asks for a file before anything is tried", async () => {
    await mounted(Login);
    await fill(passphrase, "secret");
    await press(submit);
    expect(words()).toContain(say("login.needFile"));
    expect(session.login).not.toHaveBeenCalled();
  });

  it("does not read what can be no certificate", async () => {
    await mounted(Login);
    await choose(say("login.choose"), new File([new Uint8Array(1_000_001)], "bid.pdf"));
    expect(words()).toContain(say("login.tooLarge", { name: "bid.pdf" }));
    await press(submit);
    expect(session.login).not.toHaveBeenCalled();
  });

  it("hands over files and passphrase, and leads on", async () => {
    enters(["host"]);
    const page = await mounted(Login);
    await logsIn();
    expect(session.login).toHaveBeenCalledExactlyOnceWith([expect.objectContaining({ name: "own.p12" })], "secret");
    expect(page.address()).toBe("/");
  });

  it("keeps files and passphrase where it failed, so that one slip does not cost all", async () => {
    session.login.mockRejectedValue(new CryptoFailure("passphrase-wrong"));
    await mounted(Login);
    await logsIn();
    expect(words(all("[role=alert]")[0])).toContain("passphrase-wrong");
    expect([field(passphrase).value, words().includes("own.p12")]).toEqual(["secret", true]);
    expect(button(submit)?.disabled).toBe(false);
  });

  it("shows the passphrase only when asked to", async () => {
    await mounted(Login);
    expect(field(passphrase).type).toBe("password");
    field(say("login.show")).click();
    await settled();
    expect(field(passphrase).type).toBe("text");
  });
});

describe("leading on", () => {
  it("goes back to where the person came from", async () => {
    enters(["host"]);
    const page = await mounted(Login, {}, { at: "/login?to=/host/p1/console" });
    await logsIn();
    expect(page.address()).toBe("/host/p1/console");
  });

  it("goes to no other site", async () => {
    enters(["host"]);
    const page = await mounted(Login, {}, { at: "/login?to=//elsewhere.example/" });
    await logsIn();
    expect(page.address()).toBe("/");
  });

  it("stays where the roles do not allow it, and says so", async () => {
    enters(["bidder"]);
    const page = await mounted(Login, {}, { at: "/login?to=/host" });
    await logsIn();
    await later();
    expect(page.address()).toBe("/login?to=/host");
    expect(words()).toContain(say("login.noRole"));
  });

  it("leads who keeps keys and does nothing else to the keys", async () => {
    enters(["bidder"]);
    own = [{ id: "p", title: "t", number: "n", invited: true }];
    const page = await mounted(Login);
    await logsIn();
    await vi.waitFor(() => expect(page.address()).toBe("/custodian"));
  });

  it("leads nobody on who only looks at the page while logged in", async () => {
    session.session = someone;
    session.roles = ["host"];
    const page = await mounted(Login, {}, { at: "/login" });
    await later();
    expect(page.address()).toBe("/login");
    expect(words()).toContain(say("login.already"));
  });
});

describe("registering, the first time", () => {
  it("is asked of who has no role, and goes on after it", async () => {
    enters([]);
    session.register.mockImplementation(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      session.roles = ["bidder"];
    });
    const page = await mounted(Login, {}, { at: "/login?to=/bidder" });
    await logsIn();
    await later();
    expect(page.address()).toBe("/login?to=/bidder");
    await press(say("login.register"));
    await vi.waitFor(() => expect(page.address()).toBe("/bidder"));
    expect(session.register).toHaveBeenCalledOnce();
  });

  it("says what failed and can be tried again", async () => {
    enters([]);
    session.register.mockRejectedValueOnce(new CryptoFailure("platform-changed"));
    await mounted(Login);
    await logsIn();
    await press(say("login.register"));
    expect(all("[role=alert]").length).toBe(1);
    expect(button(say("login.register"))?.disabled).toBe(false);
  });

  it("is not offered to whom this certificate does not stand for", async () => {
    session.login.mockImplementation(async () => void (session.session = { ...someone, linked: false }));
    await mounted(Login);
    await logsIn();
    expect(words()).toContain(say("session.link.notLinked"));
    expect(button(say("login.register"))).toBeUndefined();
  });

  it("another certificate may be taken instead", async () => {
    enters([]);
    session.logout.mockImplementation(async () => void (session.session = null));
    await mounted(Login);
    await logsIn();
    await press(say("login.other"));
    expect(session.logout).toHaveBeenCalledOnce();
    expect(words()).not.toContain("own.p12");
  });
});
