import "fake-indexeddb/auto";
import { createPinia, setActivePinia } from "pinia";
import { reactive } from "vue";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { SealedBid, Step, UnlockRequest, Vault } from "@/crypto/contract";
import type { KeptBid } from ".";

/** A page begins with fresh modules; classes and stores are those of its own. */
const modules = async () => ({
  ...(await import("@/api")),
  ...(await import("@/crypto/client")),
  ...(await import("@/crypto/failure")),
  ...(await import(".")),
});

const ORGANISATION = "c";
const session = reactive({
  session: { organisation: ORGANISATION } as unknown,
  key: {},
  keepUnlocked: () => () => undefined,
  unlocked: async () => undefined,
  platform: async () => ({ origin: "https://p" }),
  inSession: <T>(work: () => Promise<T>) => work(),
  act: async (_project: string, body: { act: string }) => void acts.push(JSON.stringify(body)),
});
const acts: string[] = [];
vi.mock("@/session", () => ({ useSession: () => session }));
vi.mock("@/i18n", () => ({ language: () => "zh-CN", i18n: {} }));
/** All bytes arrive, and the platform lists the bid. */
const whole = async () => {
  received();
  return RECEIPT;
};
const transfers: (() => Promise<unknown>)[] = [];
vi.mock("./transfer", () => ({
  transfer: () => (transfers.shift() ?? whole)(),
  wire: { wait: async () => undefined, now: () => 0 },
}));
const pauses = vi.hoisted(() => vi.fn(async () => undefined));
vi.mock("@/session/send", async (original) => ({ ...(await original<typeof import("@/session/send")>()), pause: pauses }));
vi.stubGlobal("BroadcastChannel", undefined);
vi.stubGlobal("navigator", { onLine: true, userAgent: "test" });
const Native = globalThis.Request;
/** Paths are relative to the page. */
vi.stubGlobal(
  "Request",
  class extends Native {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(typeof input === "string" && input.startsWith("/") ? `http://page${input}` : input, init);
    }
  },
);
vi.stubGlobal("fetch", (request: Request) => answer(new URL(request.url).pathname.replace("/api/v1/projects/p", ""), request));

const RECEIPT = { body: "receipt", signature: "s" };
const ACKNOWLEDGEMENT = { body: "acknowledge", signature: "s" };
const json = (value: unknown, status = 200) =>
  new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json" } });
const problem = (status: number, code: string) =>
  json({ type: "", title: "", status, code, detail: code, detail_zh: code, detail_en: code }, status);

interface Server {
  bids: { bid: string; lot: string; state: string; sequence: number; received?: number; length: number; upload?: string }[];
  links: { lot: string; sequence: number; digest: string }[];
  submitted: { act: { body: string }; consents?: unknown[] }[];
  unlocks: string[];
  faults: { [path: string]: (() => Response)[] };
}
let server: Server;

async function answer(path: string, request: Request): Promise<Response> {
  const fault = server.faults[path]?.shift();
  if (fault) return fault();
  if (path === "/bids") return json({ bids: server.bids, links: server.links, now: 0 });
  if (path === "/lots/1/bids") {
    server.submitted.push((await request.json()) as Server["submitted"][number]);
    return json({ bid: "ab", state: "uploading", upload: "/u", length: 10, offset: 0, expires: 0 }, 201);
  }
  if (path === "/lots/1/terms") return new Response("{}", { headers: { "content-type": "application/json" } });
  if (path.endsWith("/receipt")) return server.bids.length ? json(RECEIPT) : problem(404, "not-found");
  if (path.endsWith("/header")) return new Response(new Uint8Array(4));
  if (path.endsWith("/acknowledgement")) return json(ACKNOWLEDGEMENT);
  if (path === "/closing") return json({ closing: { body: "closing", signature: "s" } });
  if (path.startsWith("/acts/")) return json({ events: [], now: 0, reply: { acknowledgement: ACKNOWLEDGEMENT } });
  if (path.startsWith("/api/v1/uploads/")) {
    server.bids = [];
    return new Response(null, { status: 204 });
  }
  if (path === "/acts") {
    server.unlocks.push(((await request.json()) as { body: string }).body);
    return json({ events: [], now: 0, reply: { acknowledgement: ACKNOWLEDGEMENT } });
  }
  return problem(404, "not-found");
}

let nonce = 0;
/** The code that opening b fails with. */
let opens: string | undefined;
/** How often the witnesses have not come yet. */
let unsigned = 0;
/** What a consortium's file says, and whose signatures hold. */
let joint: { act: { body: string }; consents: object[]; signers: string[] };
const kept = new Map<string, string>();
const vault = {
  keep: async (name: string, value: unknown) => {
    if (value === undefined) kept.delete(name);
    else kept.set(name, JSON.stringify(value));
    return true;
  },
  kept: async (name: string) => JSON.parse(kept.get(name) ?? "null") ?? undefined,
  shelf: async () => [...kept.values()].map((value) => JSON.parse(value)),
  readJoint: async () => ({ ...joint, signers: joint.signers.map((organisationCode) => ({ organisationCode })) }),
  inspect: async () => ({ bid: "ab", project: "p", lot: "1", bidder: ORGANISATION, documents: 1, time: 5, terms: "t" }),
  header: async () => new Uint8Array(4),
  checkBody: async (file: Blob) => {
    if ((await file.text()).includes("x")) throw new (await modules()).CryptoFailure("ciphertext-mismatch", { segment: 1 });
    return new Uint8Array(32);
  },
  sign: async (_place: unknown, body: object) => ({ body: JSON.stringify({ ...body, nonce: (nonce += 1) }) }),
  checkReceipt: async () => ({ bid: "ab", leaf: "", lot: "1", received: 77, tick: 0 }),
  unlock: async (_request: UnlockRequest, onSteps?: (steps: Step[]) => void) => {
    if (unsigned > 0) {
      unsigned -= 1;
      onSteps?.([{ code: "unlock-log", state: "failed" }]);
      throw new (await modules()).CryptoFailure("log-quorum", { signed: 0, quorum: 1 });
    }
    onSteps?.([
      { code: "unlock-tree", state: "done" },
      { code: "unlock-log", state: "done" },
      { code: "unlock-open", state: opens ? "failed" : "done" },
    ]);
    if (opens) throw new (await modules()).CryptoFailure(opens);
    return { act: { body: `unlock ${(nonce += 1)}`, secrets: ["b"] }, digest: "d" };
  },
  checkAcknowledgement: async (_told: unknown, act: string) => {
    if (!server.unlocks.includes(act)) throw new (await modules()).CryptoFailure("acknowledge-other");
    return { bid: "ab", received: 99 };
  },
} as unknown as Vault;

const sealed: SealedBid = {
  bid: "ab",
  project: "p",
  lot: "1",
  file: new Blob(["0123456789"]),
  name: "bid.kbid",
  size: 10,
  documents: 1,
  header: new Uint8Array(4),
  chunks: new Uint8Array(32),
};

async function page() {
  const { useBids, useVault } = await modules();
  useVault(vault);
  setActivePinia(createPinia());
  const bids = useBids();
  await bids.load();
  return bids;
}

const one = (bids: { bids: KeptBid[] }) => bids.bids[0] as KeptBid;
const received = () => void (server.bids = [{ bid: "ab", lot: "1", state: "live", sequence: 1, received: 77, length: 6 }]);

beforeEach(async () => {
  server = { bids: [], links: [], submitted: [], unlocks: [], faults: {} };
  opens = undefined;
  transfers.length = 0;
  acts.length = 0;
  const bids = await page();
  for (const kept of [...bids.bids]) await bids.remove(kept.bid);
});

describe("a sealed bid on this device", () => {
  it("is handed in, and kept with its verified receipt", async () => {
    const bids = await page();
    await bids.keep(sealed, "{}");
    expect(one(bids).state).toBe("kept");
    expect(await bids.submit("ab")).toEqual(RECEIPT);
    expect(one(bids)).toMatchObject({ state: "received", received: 77, receipt: RECEIPT, whole: true });
    expect(server.submitted[0]?.act.body).toContain('"sequence":1');
  });

  it("follows what was handed in or withdrawn before", async () => {
    server.links = [{ lot: "1", sequence: 4, digest: "before" }];
    const bids = await page();
    await bids.keep(sealed, "{}");
    await bids.submit("ab");
    expect(server.submitted[0]?.act.body).toContain('"sequence":5,"previous":"before"');
    await bids.withdraw("p", "1");
    expect(acts).toEqual(['{"act":"withdraw","lot":"1","sequence":5,"previous":"before"}']);
  });

  it("goes on by itself with the same act after the page was closed", async () => {
    const bids = await page();
    await bids.keep(sealed, "{}");
    transfers.push(() => new Promise(() => undefined));
    void bids.submit("ab");
    await vi.waitFor(() => expect(server.submitted).toHaveLength(1));
    vi.resetModules();
    const again = await page();
    await vi.waitFor(() => expect(one(again).state).toBe("received"));
    expect(server.submitted).toHaveLength(2);
    expect(server.submitted[1]).toEqual(server.submitted[0]);
  });

  it("is found to be in already when the last answer was lost", async () => {
    const bids = await page();
    await bids.keep(sealed, "{}");
    const { Refused } = await modules();
    transfers.push(async () => {
      received();
      throw new Refused(404, { code: "upload-gone" } as never);
    });
    expect(await bids.submit("ab")).toEqual(RECEIPT);
  });

  it("is not called submitted when it was withdrawn, whatever receipt there is", async () => {
    const bids = await page();
    await bids.keep(sealed, "{}");
    await bids.submit("ab");
    server.bids = server.bids.map((bid) => ({ ...bid, state: "withdrawn" }));
    await expect(bids.submit("ab")).rejects.toMatchObject({ code: "bid-withdrawn" });
    expect(one(bids)).toMatchObject({ state: "withdrawn", receipt: RECEIPT });
    expect(server.submitted).toHaveLength(1);
  });

  it("is not called submitted when the platform does not list it", async () => {
    const bids = await page();
    await bids.keep(sealed, "{}");
    transfers.push(async () => RECEIPT);
    await expect(bids.submit("ab")).rejects.toMatchObject({ code: "bid-not-listed" });
  });

  it("gives up an upload that was begun under an act it does not have, and begins anew", async () => {
    server.bids = [{ bid: "ab", lot: "1", state: "uploading", sequence: 1, length: 6, upload: "/api/v1/uploads/old" }];
    const bids = await page();
    await bids.keep(sealed, "{}");
    server.faults["/lots/1/bids"] = [() => problem(409, "upload-under-way")];
    expect(await bids.submit("ab")).toEqual(RECEIPT);
    expect(server.submitted).toHaveLength(1);
  });

  it("keeps the platform's own words for a refusal, and tries with a new act", async () => {
    const bids = await page();
    await bids.keep(sealed, "{}");
    server.faults["/lots/1/bids"] = [() => problem(409, "stale-terms")];
    await expect(bids.submit("ab")).rejects.toMatchObject({ code: "stale-terms" });
    expect(one(bids)).toMatchObject({ state: "refused", failure: { code: "stale-terms", zh: "stale-terms" } });
    await bids.submit("ab");
    expect(server.submitted).toHaveLength(1);
    expect(one(bids).failure).toBeUndefined();
  });
});

describe("a page that is closed", () => {
  it("asks first while a bid is on its way, and only then", async () => {
    const window_ = new EventTarget();
    vi.stubGlobal("addEventListener", window_.addEventListener.bind(window_));
    vi.stubGlobal("removeEventListener", window_.removeEventListener.bind(window_));
    const closes = () => window_.dispatchEvent(new Event("beforeunload", { cancelable: true }));
    const bids = await page();
    await bids.keep(sealed, "{}");
    expect(closes()).toBe(true);
    let arrive: (receipt: unknown) => void = () => undefined;
    transfers.push(() => new Promise((resolve) => (arrive = resolve)));
    const run = bids.submit("ab");
    await vi.waitFor(() => expect(server.submitted).toHaveLength(1));
    expect(closes()).toBe(false);
    received();
    arrive(RECEIPT);
    await run;
    expect(closes()).toBe(true);
    transfers.push(() => Promise.reject(new Error("cut")));
    await bids.submit("ab").catch(() => undefined);
    expect(closes()).toBe(true);
  });
});

describe("a bid sealed elsewhere", () => {
  const copy = (text: string) => new File([text], "bid.kbid");

  it("is refused when it is chosen, if it is damaged, and nothing of it is kept", async () => {
    const bids = await page();
    await expect(bids.importFile(copy("01234x6789"))).rejects.toMatchObject({ code: "ciphertext-mismatch" });
    expect(bids.bids).toEqual([]);
    await bids.importFile(copy("0123456789"));
    expect(one(bids)).toMatchObject({ state: "kept", whole: true });
    expect(await bids.submit("ab")).toEqual(RECEIPT);
  });

  it("takes the place of a copy that turned out to be damaged", async () => {
    const { CryptoFailure } = await modules();
    const bids = await page();
    await bids.keep(sealed, "{}");
    transfers.push(() => Promise.reject(new CryptoFailure("ciphertext-mismatch", { segment: 0 })));
    await expect(bids.submit("ab")).rejects.toMatchObject({ code: "ciphertext-mismatch" });
    expect(one(bids).state).toBe("refused");
    await expect(bids.importFile(copy("x"))).rejects.toMatchObject({ code: "ciphertext-mismatch" });
    expect(one(bids)).toMatchObject({ state: "refused", size: 10 });
    await bids.importFile(copy("good copy"));
    expect(one(bids)).toMatchObject({ state: "kept", size: 9 });
    expect(one(bids).failure).toBeUndefined();
    expect(await bids.submit("ab")).toEqual(RECEIPT);
  });
});

describe("a consortium's bid", () => {
  const MEMBERS = [{ organisation: "m", name: "乙" }];
  const fileOf = (text: string) => JSON.parse(text) as { act: { body: string } };

  it("is handed in as the lead and its members have signed it", async () => {
    const bids = await page();
    await bids.keep(sealed, "{}");
    const { name, text } = (await bids.joint("ab", MEMBERS, false))!;
    expect(name).toBe("bid.joint.json");
    const { act } = fileOf(text);
    expect(JSON.parse(act.body)).toMatchObject({ act: "submit", bid: "ab", sequence: 1, members: MEMBERS });
    const consent = { algorithm: "ed25519", value: "v", chain: ["c"] } as const;
    // A stranger's signature is not taken up, nor the same member's twice.
    joint = { act, consents: [{ ...consent, value: "x" }, consent, consent], signers: ["n", "m", "m"] };
    await bids.addConsents("ab", text);
    expect(one(bids).consortium?.signed).toEqual(["m"]);
    await bids.submit("ab");
    expect(server.submitted[0]).toMatchObject({ act: { body: act.body }, consents: [consent] });
    expect(server.submitted[0]?.consents).toHaveLength(1);
  });

  it("takes no signature over another submission", async () => {
    const bids = await page();
    await bids.keep(sealed, "{}");
    const { text } = (await bids.joint("ab", MEMBERS, false))!;
    joint = { act: { body: "another" }, consents: [], signers: [] };
    await expect(bids.addConsents("ab", text)).rejects.toMatchObject({ code: "other-joint-file" });
  });

  it("names its members and says that they have signed on paper, or has none", async () => {
    const bids = await page();
    await bids.keep(sealed, "{}");
    expect(await bids.joint("ab", MEMBERS, true)).toBeUndefined();
    await bids.dissolve("ab");
    expect(one(bids).consortium).toBeUndefined();
    await bids.joint("ab", MEMBERS, true);
    await bids.submit("ab");
    expect(JSON.parse(server.submitted[0]!.act.body)).toMatchObject({ members: MEMBERS, paper_agreement: true });
    expect(server.submitted[0]).not.toHaveProperty("consents");
  });
});

describe("unlocking", () => {
  it("works where the bid was never seen, from what the server keeps", async () => {
    received();
    const bids = await page();
    const seen: Step[][] = [];
    expect(await bids.unlockBid("p", "1", (steps) => seen.push(steps))).toEqual({ bid: "ab", received: 99 });
    expect(new Set(seen.at(-1)?.map((step) => step.state))).toEqual(new Set(["done"]));
    expect(one(bids)).toMatchObject({ state: "unlocked", unlockedAt: 99, acknowledgement: ACKNOWLEDGEMENT, whole: false });
  });

  it("takes the acknowledgement of an earlier try whose answer was lost", async () => {
    received();
    const bids = await page();
    server.faults["/acts"] = [() => problem(503, "unavailable"), () => problem(409, "replayed")];
    // It had arrived, whatever the page was told.
    const push = vi.spyOn(vault, "checkAcknowledgement").mockResolvedValueOnce({ bid: "ab", received: 88 });
    expect(await bids.unlockBid("p", "1", () => undefined)).toEqual({ bid: "ab", received: 88 });
    push.mockRestore();
  });

  it("tells where it failed, and notes it for the help desk", async () => {
    received();
    const bids = await page();
    opens = "wrap-other-key";
    await expect(bids.unlockBid("p", "1", () => undefined)).rejects.toMatchObject({ code: "wrap-other-key" });
    expect(server.unlocks).toEqual([]);
    expect(bids.attempts("p", "1")[0]?.log.at(-1)).toMatchObject({ what: "failed", code: "wrap-other-key" });
  });

  it("waits for witnesses by itself, asking the platform anew, and notes that it did", async () => {
    received();
    const bids = await page();
    unsigned = 2;
    const asked = vi.fn(() => json({ closing: { body: "closing", signature: "s" } }));
    server.faults["/closing"] = [asked, asked, asked];
    const seen: Step[][] = [];
    expect(await bids.unlockBid("p", "1", (steps) => seen.push(steps))).toEqual({ bid: "ab", received: 99 });
    expect([asked.mock.calls.length, pauses.mock.calls.length, server.unlocks.length]).toEqual([3, 2, 1]);
    expect(seen.flat().filter(({ state }) => state === "failed")).toEqual([]);
    expect(bids.attempts("p", "1")[0]?.log.map(({ what }) => what)).toEqual(["waiting", "sending", "acknowledged"]);
  });

  it("says so where there is nothing to unlock", async () => {
    const bids = await page();
    await expect(bids.unlockBid("p", "1", () => undefined)).rejects.toMatchObject({ code: "bid-missing" });
  });
});
