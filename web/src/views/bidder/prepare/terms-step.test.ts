// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { reactive } from "vue";
import { useVault } from "@/crypto/client";
import type { KeyInfo, Step, Vault } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, choose, field, fill, leaveAll, mounted, press, say, settled, words } from "../../../../tests/mounted";
import type { TermsPackage } from "./package";
import { usePreparation } from "./preparation";
import TermsStep from "./TermsStep.vue";

const party = (organisation: string, name = `单位 ${organisation}`) => ({ name, organisation });
const TERMS = {
  schema: { fields: [{ id: "price", label: "报价", type: "money", required: true, public: true }], price: "price", better: "low" },
  ...{ number: 1, suite: "intl", custodians: [party("C1"), party("C2"), party("C3")], release: 2, policy: { minimum: 3 } },
  officials: { tenderer: party("H"), agency: party("A"), centre: party("Z"), supervisor: party("S") },
  trust: { origin: "https://p", quorum: 1 },
};
const pack = (more: object = {}): TermsPackage => ({
  ...{ kaibiao: "terms/1", project: "p", lot: "1", number: "ZB-1", title: "二中扩建", lot_title: "土建", t0: 0 },
  ...{ terms: JSON.stringify({ ...TERMS, ...more }), publication: { body: "" } },
  platform: { origin: "https://p", cas: [], receipt_key: "" },
});

const kept = new Map<string, unknown>();
const checkTerms = vi.fn();
const certificates = vi.fn();
useVault({
  keep: async (name: string, value: unknown) => void kept.set(name, value),
  kept: async (name: string) => kept.get(name),
  ...{ checkTerms, certificates },
} as unknown as Vault);

const key = reactive({ open: true, roots: [] as { digest: string; name: string }[], kind: "" });
type Prepared = ReturnType<typeof usePreparation>;
async function shown({ more = {}, unlock }: { more?: object; unlock?: () => Promise<unknown> } = {}): Promise<Prepared> {
  const it = usePreparation({
    key: async () => ({}) as KeyInfo,
    isOpen: () => key.open,
    own: () => (key.kind ? ({ signing: { key: key.kind }, encryption: { key: key.kind } } as KeyInfo) : null),
    roots: () => key.roots,
    now: () => 0,
    sealed: async () => undefined,
  });
  await it.begin(pack(more));
  await mounted(TermsStep, { it, unlock });
  return it;
}
const good = say("tool.terms.good");
const bad = say("tool.terms.bad");
const host = say("tool.parties.host");
const alarms = () => all("[role=alert]").map((it) => words(it));
const root = (name: string) => new File([`-----BEGIN CERTIFICATE-----\n${name}\n`], name);
/** The roots that the terms were last checked by. */
const believed = () => checkTerms.mock.lastCall?.[0].roots.map((pem: string) => pem.split("\n")[1]);
/** The value beside a name in the list of facts. */
const fact = (name: string) => words(all("dt").find((it) => words(it) === name)?.nextElementSibling ?? document.createElement("i"));

beforeEach(() => {
  kept.clear();
  Object.assign(key, { open: true, roots: [], kind: "" });
  checkTerms.mockReset().mockResolvedValue({ digest: "d1" });
  certificates.mockReset().mockImplementation(async ({ name }) => [{ digest: `digest-of-${name}`, issuer: `CA ${name}` }]);
});
afterEach(leaveAll);

it("tells what the bid is sealed under, and calls it good only after the check has passed", async () => {
  let pass = (_: object): void => undefined;
  checkTerms.mockReturnValueOnce(new Promise((resolve) => (pass = resolve)));
  const it = usePreparation({ key: async () => ({}) as KeyInfo, isOpen: () => true, now: () => 0, sealed: async () => undefined });
  const begun = it.begin(pack());
  await mounted(TermsStep, { it });
  expect(fact(say("tool.terms.project"))).toContain("二中扩建");
  expect(fact(say("tool.terms.project"))).toContain("ZB-1");
  expect(fact(say("tool.terms.lot"))).toContain("土建");
  expect(fact(say("tool.terms.holders"))).toBe(say("tool.terms.release", { t: 2, n: 3 }));
  expect(fact(say("tool.terms.minimum"))).toBe(say("tool.terms.minimumText", { n: 3 }));
  expect(fact(say("tool.terms.origin"))).toBe("https://p");
  expect(words()).toContain(say("tool.terms.checking"));
  expect([words().includes(good), button(say("common.retry"))]).toEqual([false, undefined]);
  expect(all("dt").map((one) => words(one))).not.toContain(say("tool.terms.digest"));
  pass({ digest: "d1" });
  await begun;
  await settled();
  expect([words().includes(good), fact(say("tool.terms.digest"))]).toEqual([true, "d1"]);
});

it("tells that the bid could be opened without the bidder, only where these terms allow it", async () => {
  await shown({ more: { rescue: 3 } });
  expect(fact(say("tool.terms.holders"))).toContain(say("tool.terms.rescue", { t: 3 }));
  leaveAll();
  await shown();
  expect(fact(say("tool.terms.holders"))).not.toContain(say("tool.terms.rescue", { t: 3 }));
});

it("says that terms must not be used where a check failed, and checks again when asked", async () => {
  const failure = { code: "terms-digest" };
  const steps: Step[] = [
    { code: "terms-form", state: "done" },
    { code: "publication", state: "failed", failure },
  ];
  checkTerms.mockImplementationOnce(async (_, told) => {
    told(steps);
    throw new CryptoFailure("terms-digest");
  });
  await shown();
  expect(all("ol li").map((it) => it.className)).toEqual(["done", "failed"]);
  expect([words().includes(bad), words().includes(good), alarms().length]).toEqual([true, false, 2]);
  await press(say("common.retry"));
  expect([words().includes(bad), words().includes(good), alarms()]).toEqual([false, true, []]);
});

it("reproaches the terms for nothing where the check could not run at all", async () => {
  checkTerms.mockRejectedValueOnce(new CryptoFailure("worker-failed", { reason: "" }));
  await shown();
  expect([alarms().length, words().includes(bad), words().includes(good)]).toEqual([1, false, false]);
  expect(button(say("common.retry"))).toBeDefined();
});

it("asks for the key first, and for roots where the key is open: neither is a failure", async () => {
  checkTerms.mockRejectedValue(new CryptoFailure("roots-needed"));
  key.open = false;
  const unlock = vi.fn(async () => undefined);
  await shown({ unlock });
  expect([alarms(), words().includes(bad)]).toEqual([[], false]);
  expect(words()).toContain(say("tool.terms.needs.key"));
  await press(say("tool.terms.unlock"));
  expect(unlock).toHaveBeenCalledOnce();
  key.open = true;
  await settled();
  expect(words()).toContain(say("tool.terms.needs.roots"));
  expect(button(say("tool.terms.unlock"))).toBeUndefined();
  leaveAll();
  // The offline tool has its key in another place of the page.
  key.open = false;
  await shown();
  expect(words()).toContain(say("tool.terms.needs.open"));
  expect(button(say("tool.terms.unlock"))).toBeUndefined();
});

it("checks by the person's own roots as they are now, and remembers them", async () => {
  const it = await shown();
  expect(believed()).toEqual([]);
  await choose(say("tool.roots.add"), root("a.pem"), root("b.pem"));
  await vi.waitFor(() => expect(believed()).toEqual(["a.pem", "b.pem"]));
  await settled();
  expect(all("li").map((one) => words(one))).toEqual([
    expect.stringContaining("a.pem · CA a.pem · digest-of-a.pem"),
    expect.stringContaining("b.pem · CA b.pem · digest-of-b.pem"),
  ]);
  checkTerms.mockRejectedValue(new CryptoFailure("roots-needed"));
  await press(`${say("tool.remove")}a.pem`);
  expect(believed()).toEqual(["b.pem"]);
  expect([words().includes(good), it.ready[0]]).toEqual([false, false]);
  expect((kept.get("roots") as { name: string }[]).map(({ name }) => name)).toEqual(["b.pem"]);
});

it("says which file could not be read, although the terms are good, and takes the others", async () => {
  await shown();
  certificates.mockImplementation(async ({ name }) => {
    if (name === "bad.pem") throw new CryptoFailure("not-a-key-file", { file: name });
    return [{ digest: name, issuer: name }];
  });
  await choose(say("tool.roots.add"), root("bad.pem"));
  await vi.waitFor(() => expect(alarms()).toHaveLength(1));
  expect(words()).toContain(say("tool.roots.unread", { name: "bad.pem" }));
  expect([words().includes(good), believed()]).toEqual([true, []]);
  await choose(say("tool.roots.add"), root("a.pem"), root("bad.pem"), root("b.pem"));
  await vi.waitFor(() => expect(believed()).toEqual(["a.pem", "b.pem"]));
  expect(words()).toContain(say("tool.roots.unread", { name: "bad.pem" }));
  await choose(say("tool.roots.add"), root("c.pem"));
  await vi.waitFor(() => expect(believed()).toEqual(["a.pem", "b.pem", "c.pem"]));
  expect(alarms()).toEqual([]);
});

it("names the roots that came with the key, which are believed as well", async () => {
  await shown();
  expect(words()).not.toContain(say("tool.roots.own"));
  key.roots = [{ digest: "0123456789abcdef00", name: "省 CA 根" }];
  await settled();
  expect(words()).toContain(`${say("tool.roots.own")} 省 CA 根 · 0123456789abcdef…`);
});

it("bars who knows another code of the host: a namesake has its name, and not its code", async () => {
  const it = await shown();
  for (const [part, code] of [
    ["tenderer", "H"],
    ["agency", "A"],
    ["centre", "Z"],
    ["supervisor", "S"],
    ["custodian", "C1"],
  ] as const)
    expect(fact(say(`tool.parties.${part}`))).toBe(`单位 ${code} ${code}`);
  await fill(host, "X");
  expect([alarms(), field(host).getAttribute("aria-invalid"), it.ready[0]]).toEqual([[say("tool.parties.other")], "true", false]);
  // The centre is no host.
  await fill(host, "Z");
  expect([alarms().length, it.ready[0]]).toEqual([1, false]);
  for (const right of [" h ", "A", ""]) {
    await fill(host, right);
    expect([alarms(), it.ready[0]]).toEqual([[], true]);
  }
});

it("marks who is new with this host, by name and code, and nobody where the host is met first", async () => {
  await shown();
  expect(all(".badge")).toEqual([]);
  leaveAll();
  const met = { H: "单位 H", A: "单位 A", Z: "单位 Z", S: "他名", C1: "单位 C1", C2: "单位 C2" };
  kept.set("hosts", { H: met });
  await shown();
  const marked = all("dd").filter((it) => it.querySelector(".badge"));
  const isNew = say("tool.parties.new");
  expect(marked.map((it) => words(it))).toEqual([`单位 S S${isNew}`, `单位 C3 C3${isNew}`]);
});

it("says which certificate a project takes, before anybody prepares with another", async () => {
  checkTerms.mockResolvedValue({ digest: "d" });
  key.kind = "rsa-2048";
  const it = await shown({ more: { suite: "gm" } });
  expect(words()).toContain(say("tool.suite.gm"));
  expect(alarms()).toEqual([say("tool.suite.certificate")]);
  expect([it.lacks, it.ready[0]]).toEqual(["certificate", false]);
  key.kind = "sm2";
  await settled();
  expect([it.lacks, it.ready[0], alarms()]).toEqual([null, true, []]);
});

it("asks whoever has SM2 alone for a spare key in a project of the other suite", async () => {
  checkTerms.mockResolvedValue({ digest: "d" });
  key.kind = "sm2";
  const it = await shown();
  expect(alarms()).toEqual([say("tool.suite.spare")]);
  expect([it.lacks, it.ready[0], it.ready[3]]).toEqual(["spare", true, false]);
  it.spares = [{ kind: "keyfile", name: "a.kkey", data: "{}", about: "a" }];
  expect(it.ready[3]).toBe(true);
  key.kind = "p-256";
  await settled();
  expect([it.lacks, alarms()]).toEqual([null, []]);
});
