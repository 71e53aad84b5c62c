import "fake-indexeddb/auto";
import { createPinia, setActivePinia } from "pinia";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { useVault } from "@/crypto/client";
import type { ActBody, KeyInfo, Place, Vault } from "@/crypto/contract";

/** A browser's places to keep things, and a server behind fetch. */
const stored = { local: new Map<string, string>(), tab: new Map<string, string>() };
const storage = (map: Map<string, string>) => ({
  getItem: (name: string) => map.get(name) ?? null,
  setItem: (name: string, value: string) => void map.set(name, value),
  removeItem: (name: string) => void map.delete(name),
});
vi.stubGlobal("localStorage", storage(stored.local));
vi.stubGlobal("sessionStorage", storage(stored.tab));
vi.stubGlobal("window", globalThis);
vi.stubGlobal("addEventListener", () => undefined);
vi.stubGlobal("removeEventListener", () => undefined);
vi.stubGlobal("BroadcastChannel", undefined);
const rooms = vi.hoisted(() => ({ restartRooms: vi.fn() }));
vi.mock("@/room", () => rooms);
const asked: string[] = [];
vi.mock("./dialog", () => ({
  askForKey: (question: { name: string; unlock(passphrase: string, files: []): Promise<unknown> }) => {
    asked.push(question.name);
    return question.unlock("passphrase", []);
  },
}));
vi.mock("@/i18n", () => ({ language: () => "zh-CN", i18n: {} }));

const KEY = { signing: { digest: "aa", person: "张三" }, encryption: { digest: "aa" } } as unknown as KeyInfo;
const SESSION = {
  organisation: "c",
  authority: "ca",
  organisation_name: "甲公司",
  name: "张三",
  certificate: "aa",
  roles: ["host"],
  expires: Date.now() + 3600_000,
};

const logins: Record<string, unknown>[] = [];
const TAKEN = { kind: "announced", time: 5, seq: 9 };

class Server {
  session = false;
  acts: { path: string; body: string; signed: boolean }[] = [];
  logins = 0;
  origin = "https://p";
  /** Answers to come, before the usual ones. */
  failing: (() => Response)[] = [];

  answer = async (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname.replace("/api/v1", "");
    const fails = path.endsWith("/acts") ? this.failing.shift() : undefined;
    if (fails) return fails();
    if (path === "/platform") return json({ origin: this.origin, cas: [] });
    if (path === "/login/challenge") return json({ challenge: "c", origin: this.origin, expires: 0 });
    if (path === "/login") {
      this.logins += 1;
      logins.push(JSON.parse(((await request.json()) as { body: string }).body) as Record<string, unknown>);
      this.session = true;
      return json(SESSION);
    }
    if (!this.session) return problem(401, "not-logged-in");
    if (path === "/session") return json(SESSION);
    if (path === "/logout") {
      this.session = false;
      return new Response(null, { status: 204 });
    }
    if (/\/acts\/[0-9a-f]{64}$/.test(path)) return json({ events: [TAKEN], now: 1 });
    const sent = (await request.json()) as { body: string; signature?: unknown };
    this.acts.push({ path, body: sent.body, signed: sent.signature !== undefined });
    return json({ events: [], now: 1 });
  };
}

const json = (value: unknown, status = 200) =>
  new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json" } });
const problem = (status: number, code: string) =>
  json({ type: "", title: "", status, code, detail: code, detail_zh: code, detail_en: code }, status);

let nonce = 0;
let kept: KeyInfo | null;
/** The key that the passphrase opens, where it is another one. */
let other: KeyInfo | undefined;
const vault = {
  open: async () => (kept = KEY),
  restore: async () => kept,
  reopen: async () => (kept = other ?? KEY),
  keptToken: async () => false,
  lock: async () => void (kept = null),
  sign: async (place: Place, body: ActBody) => ({
    body: JSON.stringify({ ...body, nonce: (nonce += 1), place: place.origin + place.project }),
    signature: {},
  }),
  plain: async (body: ActBody) => ({ body: JSON.stringify(body) }),
} as unknown as Vault;

let server: Server;

async function store() {
  const { useSession } = await import(".");
  setActivePinia(createPinia());
  const session = useSession();
  await session.restore();
  return session;
}

beforeEach(() => {
  server = new Server();
  kept = null;
  other = undefined;
  asked.length = 0;
  logins.length = 0;
  stored.local.clear();
  stored.tab.clear();
  useVault(vault);
  // Paths are relative to the page.
  const Native = globalThis.Request;
  vi.stubGlobal(
    "Request",
    class extends Native {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        super(typeof input === "string" && input.startsWith("/") ? `http://page${input}` : input, init);
      }
    },
  );
  vi.stubGlobal("fetch", (request: Request) => server.answer(request));
  vi.stubGlobal("location", { origin: "https://page" });
  return () => void vi.stubGlobal("Request", Native);
});

describe("the session", () => {
  it("signs a login for where the page is, and for no platform but the first that it met here", async () => {
    const session = await store();
    await session.login([], "");
    expect(logins.at(-1)).toMatchObject({ act: "login", address: "https://page", challenge: "c" });
    await session.logout();
    server.origin = "https://other";
    await expect((await store()).login([], "")).rejects.toMatchObject({ code: "platform-changed" });
    expect(logins).toHaveLength(1);
  });

  it("asks nobody anything for the public", async () => {
    const session = await store();
    expect([session.session, session.key, session.ready]).toEqual([null, null, true]);
  });

  it("logs in by key, signs what must be signed, and sends the rest plain", async () => {
    const session = await store();
    await session.login([], "");
    expect(session.roles).toEqual(["host"]);
    await session.act("p1", { act: "announce", lots: ["1"] });
    await session.act("p1", { act: "message", text: "x" });
    await session.act("", { act: "register", name: "n" });
    expect(server.acts.map(({ path, signed }) => [path, signed])).toEqual([
      ["/projects/p1/acts", true],
      ["/projects/p1/acts", false],
      ["/platform/acts", true],
    ]);
    expect(server.acts[0]?.body).toContain("https://pp1");
  });

  it("comes back after a reload with session and key", async () => {
    await (await store()).login([], "");
    const again = await store();
    expect([again.session?.name, again.key?.signing.person]).toEqual(["张三", "张三"]);
  });

  it("keeps the key of another certificate apart from this session", async () => {
    await (await store()).login([], "");
    kept = { ...KEY, signing: { ...KEY.signing, digest: "bb" } };
    expect((await store()).key).toBeNull();
  });

  it("begins a session again that has ended, and sends the very same act", async () => {
    const session = await store();
    await session.login([], "");
    server.session = false;
    await session.act("p1", { act: "announce", lots: ["1"] });
    expect(server.logins).toBe(2);
    expect(server.acts).toHaveLength(1);
  });

  it("lets the rooms keep what they show for the same person only", async () => {
    rooms.restartRooms.mockClear();
    const session = await store();
    await session.login([], "");
    server.session = false;
    await session.act("p1", { act: "announce", lots: ["1"] });
    await session.register();
    await session.logout();
    expect(rooms.restartRooms.mock.calls).toEqual([[false], [true], [true], [false]]);
  });

  it("sends an act again while nobody answers, with one nonce", async () => {
    const session = await store();
    await session.login([], "");
    const bodies: string[] = [];
    const answer = server.answer;
    server.answer = async (request) => {
      if (request.url.endsWith("/acts")) bodies.push(((await request.clone().json()) as { body: string }).body);
      return answer(request);
    };
    server.failing = [
      () => {
        throw new TypeError("network");
      },
      () => problem(503, "unavailable"),
    ];
    await session.act("p1", { act: "announce", lots: ["1"] });
    expect(new Set(bodies).size).toBe(1);
    expect(bodies).toHaveLength(3);
  });

  it("asks what became of an act whose answer was lost", async () => {
    const session = await store();
    await session.login([], "");
    server.failing = [
      () => {
        throw new TypeError("network");
      },
      () => problem(409, "replayed"),
    ];
    expect((await session.act("p1", { act: "announce", lots: ["1"] })).events).toEqual([TAKEN]);
  });

  it("tells a refusal as it is", async () => {
    const session = await store();
    await session.login([], "");
    server.failing = [() => problem(409, "wrong-stage")];
    await expect(session.act("p1", { act: "announce", lots: ["1"] })).rejects.toMatchObject({ code: "wrong-stage", status: 409 });
  });

  it("asks for the passphrase when the key is locked, and then goes on with what was asked of it", async () => {
    const session = await store();
    await session.login([], "");
    await session.lock();
    expect([session.key, kept]).toEqual([null, null]);
    await session.act("p1", { act: "announce", lots: ["1"] });
    expect(asked).toEqual(["甲公司 张三"]);
    expect(server.acts).toHaveLength(1);
    expect(session.key?.signing.person).toBe("张三");
  });

  it("does not take another certificate for the one that is logged in", async () => {
    const session = await store();
    await session.login([], "");
    await session.lock();
    other = { ...KEY, signing: { ...KEY.signing, digest: "bb" } };
    await expect(session.act("p1", { act: "announce", lots: ["1"] })).rejects.toMatchObject({ code: "key-other" });
    expect(session.key).toBeNull();
    expect(server.acts).toEqual([]);
  });

  it("leaves nothing behind at logout", async () => {
    const session = await store();
    await session.login([], "");
    await session.logout();
    expect([session.session, session.key, kept]).toEqual([null, null, null]);
    // Which platform is at this address is nobody's own.
    expect([...stored.local.keys(), ...stored.tab.keys()]).toEqual(["kaibiao.platform"]);
  });
});
