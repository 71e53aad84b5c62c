import { afterEach, describe, expect, it, vi } from "vitest";
import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";
import type { Schemas } from "@/api";
import { i18n } from "@/i18n";
import zh from "@/i18n/zh-CN/troubles";
import { probed } from "./health";
import ProjectTroubles from "./ProjectTroubles.vue";
import { CODES, RECENT, type Sign, runsIt, troublesOf, watched } from "./troubles";

const session = { roles: ["host"] as string[] };
vi.mock("@/session", () => ({ useSession: () => session }));

const NOW = 1_000_000_000_000;
const WELL = { store: true, clock: true, streams: true, secrets: true, space: true, ciphertexts: true, trust: true };
const ready = (over: Partial<Schemas["ReadyView"]> = {}): Schemas["ReadyView"] => ({ ready: true, checks: WELL, ...over });
const noted = (sign: string, measured: number, ago = 0): Sign => ({
  time: NOW - ago,
  kind: "health_noted",
  well: false,
  body: { sign, measured } as never,
});
const codes = (view: Schemas["ReadyView"], signs: Sign[] = []) => troublesOf(view, signs, NOW).map(({ code }) => code);

describe("what is wrong with the platform", () => {
  it("is nothing while it is well", () => {
    const authorities = { a: { usable: true, lists: "good" as const, until: NOW }, b: { usable: true } };
    expect(codes(ready({ authorities }))).toEqual([]);
  });

  it("is told check by check, the worst first", () => {
    const checks = {
      store: false,
      clock: true,
      secrets: false,
      signing: false,
      ciphertexts: false,
      trust: false,
      space: false,
      log: false,
      log_past: true,
      timestamps: false,
      streams: false,
      nodes: false,
    };
    const all = ["secrets", "signing", "ciphertexts", "store", "space", "log", "streams", "authorityNone", "timestamps", "nodes"];
    expect(codes(ready({ ready: false, checks }))).toEqual(all);
    const past = { ...WELL, log: false, log_past: false };
    expect(codes(ready({ checks: past }))).toEqual(["logPast"]);
    const stamps = ready({ checks: { ...WELL, timestamps: false } });
    expect(troublesOf(stamps, [], NOW)).toEqual([{ code: "timestamps", soon: true, params: {} }]);
  });

  it("is not the clock, of which everybody is told elsewhere", () => {
    expect(codes(ready({ ready: false, checks: { ...WELL, clock: false } }))).toEqual([]);
  });

  it("names projects that stand still, by number where there is one, each once", () => {
    const troubled = [
      { project: "p1", number: "ZB-1", trouble: "damaged" as const },
      { project: "p1", number: "ZB-1", trouble: "damaged" as const },
      { project: "p2", trouble: "damaged" as const },
    ];
    expect(troublesOf(ready({ troubled }), [], NOW)).toEqual([{ code: "stuck", params: { projects: "ZB-1, p2" } }]);
  });

  it("says of each authority what is the matter, and when its list ends", () => {
    const until = Date.UTC(2026, 10, 27, 4, 0);
    const authorities = {
      a: { usable: true, lists: "ending" as const, until },
      b: { usable: true, lists: "ended" as const, until },
      c: { usable: true, lists: "missing" as const },
      d: { usable: false },
      e: { usable: true, lists: "good" as const, until },
    };
    const found = troublesOf(ready({ authorities, checks: { ...WELL, trust: false } }), [], NOW);
    expect(found.map(({ code, soon, params }) => [code, params["ca"], soon])).toEqual([
      ["listMissing", "c", undefined],
      ["listEnded", "b", undefined],
      ["authorityUnusable", "d", undefined],
      ["listEnding", "a", true],
    ]);
    expect(found[3]?.params["time"]).toContain("12:00");
  });

  it("has the signs of the last minutes, each kind once as it was noted last", () => {
    const signs = [
      noted("database_errors", 9, RECENT),
      noted("blob_errors", 1, 60_000),
      noted("blob_errors", 7),
      noted("clock_stepped", 5),
      { ...noted("database_errors", 5), kind: "started" },
      // Noted once when there is little room and once when there is room again: the check tells.
      noted("disk_full", 9),
    ];
    expect(troublesOf(ready(), signs, NOW)).toEqual([{ code: "blobErrors", params: { n: 7 } }]);
  });

  it("is that it is not ready, for whom the single checks are kept from", () => {
    expect(codes({ ready: false, checks: {} })).toEqual(["unready"]);
    expect(codes({ ready: true, checks: {} })).toEqual([]);
  });

  it("has its texts", () => {
    for (const code of CODES) expect(Object.keys(zh[code])).toEqual(["title", "means", "mend"]);
  });
});

describe("who is told", () => {
  it("is the centre, its administrators, supervisors and hosts, and nobody else", () => {
    expect([["centre"], ["administrator"], ["supervisor", "bidder"]].map(watched)).toEqual(["all", "all", "all"]);
    expect(watched(["bidder", "host"])).toBe("probe");
    expect(watched(["bidder"])).toBeUndefined();
    expect(watched([])).toBeUndefined();
  });

  it("and who runs the platform hears what to mend, others whom to call", async () => {
    expect([["centre"], ["administrator"], ["supervisor"], ["host"]].map(runsIt)).toEqual([true, true, false, false]);
    const shown = (troubles: string[]) => renderToString(createSSRApp(ProjectTroubles, { view: { troubles } as never }).use(i18n));
    expect(await shown(["ciphertexts_missing"])).toContain(zh.project.ciphertexts_missing);
    expect(await shown(["ciphertexts_missing"])).toContain(zh.call);
    session.roles = ["supervisor"];
    expect(await shown(["ciphertexts_missing"])).toContain(zh.callCentre);
    session.roles = ["centre"];
    expect(await shown(["secrets_missing"])).toContain(zh.project.mend);
    expect(await shown([])).not.toContain("role");
  });
});

describe("the probe", () => {
  afterEach(() => vi.unstubAllGlobals());
  const answered = (status: number, body: string) => {
    vi.stubGlobal("fetch", async () => new Response(body, { status, headers: { "Content-Type": "application/problem+json" } }));
    return probed();
  };

  it("takes an answer that the platform is not ready as an answer, and any other failure as none", async () => {
    expect((await answered(503, '{"ready":false,"checks":{}}')).ready).toEqual({ ready: false, checks: {} });
    expect((await answered(200, '{"ready":true,"checks":{}}')).ready.ready).toBe(true);
    await expect(answered(502, "<html>")).rejects.toThrow("502");
  });
});
