import { createPinia } from "pinia";
import { describe, expect, it, vi } from "vitest";
import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";
import { base64 } from "@/crypto/bid/encoding";
import { i18n } from "@/i18n";
import { now } from "@/room/clock";
import Standing from "./Standing.vue";
import { agentKeyIn, alarmOf, authorise, coveredBy, faultOf, fileOf, stateOf } from "./standing";
import type { Authorisation } from "./useCustody";

const DAY = 86_400_000;
const NOW = 1_780_272_000_000;
const RAW = Uint8Array.from({ length: 32 }, (_, at) => at + 1);
const KEY = base64(RAW);
const pem = (label: string, der: Uint8Array) => `-----BEGIN ${label}-----\n${base64(der)}\n-----END ${label}-----\n`;
const spki = Uint8Array.from([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, ...RAW]);
const one = (more: Partial<Authorisation> = {}): Authorisation => ({
  digest: "d",
  agent: KEY,
  from: NOW - DAY,
  until: NOW + DAY,
  signed_by: "某人",
  ...more,
});

describe("an agent's public key", () => {
  it("is taken as its bytes in base64 or as a PEM file, pasted with whatever spaces", () => {
    expect(agentKeyIn(` ${KEY.slice(0, 9)}\n${KEY.slice(9)} `)).toBe(KEY);
    expect(agentKeyIn(pem("PUBLIC KEY", spki))).toBe(KEY);
  });

  it("is no private key, no other key, and nothing of another length", () => {
    const pkcs8 = Uint8Array.from([0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20, ...RAW]);
    const p256 = Uint8Array.from([0x30, 0x59, ...new Uint8Array(89)]);
    for (const text of ["", "abc", base64(RAW.subarray(1)), pem("PRIVATE KEY", pkcs8), pem("PUBLIC KEY", p256), pem("PUBLIC KEY", RAW)])
      expect([text, agentKeyIn(text)]).toEqual([text, undefined]);
  });
});

describe("a standing authorisation", () => {
  it("is signed for the agent, from now on, with hosts in ascending order, each once", () => {
    const wanted = { agent: pem("PUBLIC KEY", spki), until: NOW + 365 * DAY, hosts: ["93B", "91A", "93B"] };
    expect(authorise(wanted, NOW)).toEqual({
      act: "authorise-agent",
      agent: KEY,
      from: NOW,
      until: NOW + 365 * DAY,
      hosts: ["91A", "93B"],
    });
    expect(authorise({ ...wanted, hosts: undefined }, NOW)).not.toHaveProperty("hosts");
  });

  it("is not signed while something is wrong", () => {
    const good = { agent: KEY, until: NOW + DAY, hosts: undefined };
    const hosts = Array.from({ length: 101 }, (_, at) => String(at));
    expect(faultOf(good, NOW)).toBeUndefined();
    expect(faultOf({ ...good, until: NOW + 366 * DAY }, NOW)).toBeUndefined();
    const wrong = [{ agent: "x" }, { until: NOW }, { until: undefined }, { until: NOW + 366 * DAY + 1 }, { hosts: [] }, { hosts }];
    expect(wrong.map((it) => faultOf({ ...good, ...it }, NOW))).toEqual(["agent", "until", "until", "long", "hosts", "hosts"]);
    expect(wrong.map((it) => authorise({ ...good, ...it }, NOW))).toEqual(wrong.map(() => undefined));
  });

  it("stands until it is over or revoked, for its hosts", () => {
    const all = [one(), one({ from: NOW + 1 }), one({ until: NOW }), one({ revoked: NOW - 1 })];
    expect(all.map((it) => stateOf(it, NOW))).toEqual(["inForce", "later", "over", "revoked"]);
    const agent = { authorisations: [one({ digest: "some", hosts: ["91A"] }), one({ digest: "gone", revoked: 1 })] };
    expect(coveredBy(agent, ["90X", "91A"], NOW)).toBe("some");
    expect(coveredBy(agent, ["90X"], NOW)).toBeUndefined();
    expect(coveredBy({ authorisations: [one()] }, ["90X"], NOW)).toBe("d");
  });
});

describe("an agent", () => {
  it("is called silent when it was authorised and is not heard, and nothing is said of one that nobody authorised", () => {
    const agent = { authorisations: [], authorised_until: NOW + 90 * DAY };
    expect(alarmOf({ authorisations: [] }, NOW)).toBeUndefined();
    expect(alarmOf({ ...agent, authorised_until: NOW }, NOW)).toBeUndefined();
    expect(alarmOf(agent, NOW)).toEqual({ code: "never" });
    expect(alarmOf({ ...agent, heard_at: NOW - 120_001 }, NOW)).toEqual({ code: "silent", at: NOW - 120_001 });
    expect(alarmOf({ ...agent, heard_at: NOW - 120_000 }, NOW)).toBeUndefined();
    expect(alarmOf({ ...agent, authorised_until: NOW + 29 * DAY, heard_at: NOW }, NOW)).toEqual({ code: "ends", at: NOW + 29 * DAY });
  });
});

describe("the list of authorisations", () => {
  it("names hosts that the person knows, and offers to revoke what stands or will", async () => {
    vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
    const at = now.value;
    const told = [
      one({ digest: "1", from: at - DAY, until: at + DAY, hosts: ["91A", "93B"] }),
      one({ digest: "2", from: at + DAY, until: at + 2 * DAY }),
      one({ digest: "3", from: at - 2 * DAY, until: at - DAY }),
      one({ digest: "4", from: at - 3 * DAY, until: at + DAY, revoked: at - 1 }),
    ];
    const projects = [{ hosts: [{ organisation: "91A", name: "临江建设咨询有限公司" }] }] as never;
    const app = createSSRApp(Standing, { agent: { authorisations: told, heard_at: at - 5_000 }, projects });
    const html = await renderToString(app.use(i18n).use(createPinia()));
    expect(html).toContain("临江建设咨询有限公司、93B");
    const states = [...html.matchAll(/class="[^"]*badge[^"]*"[^>]*>([^<]+)</g)].map((match) => match[1]);
    expect(states).toEqual(["尚未生效", "有效", "已到期", "已撤销"]);
    expect(html.match(/>\s*撤销授权\s*<\/button>/g)).toHaveLength(2);
    expect(html).toContain("代理最近一次联系平台");
  });
});

it("hands an authorisation to the agent's machine in the form that it takes up", () => {
  expect(fileOf(one({ from: 1, until: 2 }))).toBe(`{"agent":"${KEY}","digest":"d","format":"kaibiao/1 authorisation","from":1,"until":2}`);
  expect(JSON.parse(fileOf(one({ hosts: ["91350100M000100Y43"] }))).hosts).toEqual(["91350100M000100Y43"]);
});
