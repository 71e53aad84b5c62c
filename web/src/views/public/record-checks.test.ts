// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Refused } from "@/api";
import { useVault } from "@/crypto/client";
import { createVault } from "@/crypto/vault";
import { all, button, leaveAll, mounted, press, say, words } from "../../../tests/mounted";
import RecordChecks from "./RecordChecks.vue";

/** A record of the real program, with what the platform served of it. */
const VECTOR = JSON.parse(readFileSync("../crypto/vectors/record/checked.json", "utf8"));
const served = vi.hoisted(() => ({ answers: new Map<string, unknown>() }));
const LOT = "/api/v1/projects/{project}/lots/{lot}";

vi.mock("@/api", async (real) => ({
  ...(await real<object>()),
  api: { GET: (path: string) => path },
  data: async (path: string) => {
    const answer = served.answers.get(path);
    if (answer === undefined) throw new Refused(404, { code: "not-found" } as never);
    return answer;
  },
}));
vi.mock("@/api/lists", () => ({
  certifiedIn: () => [],
  fetchLists: async () => VECTOR.terms.lists.map((list: string) => new Uint8Array(Buffer.from(list, "base64"))),
}));
vi.mock("@/session", () => ({ useSession: () => ({ platform: async () => VECTOR.platform }) }));
vi.mock("./Reopen.vue", () => ({ default: { props: ["project", "lot", "rows"], render: () => "sheets are opened again here" } }));

let roots: { pem: string }[] = [];
vi.mock("../custodian/roots", () => ({ keptRoots: async () => roots }));

const { project, lot, rows } = JSON.parse(VECTOR.record);
const page = (more: object = {}) =>
  mounted(RecordChecks, { project: project.id, lot: lot.id, digest: VECTOR.signatures.record, rows, masked: false, ...more });
const badges = () => all(".checks .badge").map((it) => words(it));
const verdict = () => words(all(".note")[0]);
const done = () => vi.waitFor(() => expect(all(".note")).toHaveLength(1), 5_000);

beforeEach(() => {
  useVault(createVault());
  roots = [{ pem: VECTOR.root }];
  const view = { number: "N", title: "T", t0: 0, lots: {}, publication: VECTOR.terms.publication };
  served.answers = new Map<string, unknown>([
    [`${LOT}/record.json`, new TextEncoder().encode(VECTOR.record).buffer],
    [`${LOT}/record/signatures`, structuredClone(VECTOR.signatures)],
    [`${LOT}/record/proof`, structuredClone(VECTOR.proof)],
    [`${LOT}/terms/logged`, { proof: VECTOR.terms.logged }],
    ["/api/v1/projects/{id}/lots/{lot}/terms", VECTOR.terms.terms],
    ["/api/v1/projects/{id}", view],
    ["/api/v1/platform", VECTOR.platform],
  ]);
});
afterEach(leaveAll);

it("lists each check that was made here, with the signers' certificates and their files", async () => {
  await page();
  await done();
  expect(verdict()).toBe(say("public.recordChecks.verdict.holds"));
  expect(new Set(badges())).toEqual(new Set([say("public.recordChecks.findings.holds")]));
  expect(badges()).toHaveLength(11);
  for (const { name } of VECTOR.signatures.signatures) expect(words()).toContain(name);
  expect(words()).toContain("张三");
  const carried = VECTOR.signatures.signatures.filter(({ cms }: { cms?: boolean }) => cms);
  expect(all<HTMLAnchorElement>(".files a").map((it) => it.getAttribute("href")?.split("/").at(-1))).toEqual(
    carried.map(({ seq }: { seq: number }) => `${seq}.p7s`),
  );
  expect(words()).toContain("sheets are opened again here");
  expect(button(say("public.recordChecks.again"))).toBeUndefined();
});

it("says what is not asked without roots of one's own", async () => {
  roots = [];
  await page({ masked: true });
  await done();
  expect(verdict()).toBe(say("public.recordChecks.verdict.partly"));
  expect(words()).toContain(say("public.recordChecks.noRoots"));
  expect(words()).not.toContain("sheets are opened again here");
});

it("warns of what does not hold, and says which check and why", async () => {
  const proof = structuredClone(VECTOR.proof);
  proof.closing.consistency = proof.accepted.consistency;
  served.answers.set(`${LOT}/record/proof`, proof);
  await page();
  await done();
  expect(all("[role=alert]").map((it) => words(it))).toEqual([say("public.recordChecks.verdict.fails")]);
  const failed = all(".checks li").filter((it) => words(it).includes(say("public.recordChecks.findings.fails")));
  expect(failed).toHaveLength(1);
  expect(words(failed[0])).toContain(say("public.recordChecks.checks.consistency"));
  expect(words(failed[0])).toContain(say("public.recordChecks.why.consistency"));
});

it("looks again for what was not there yet", async () => {
  const { anchored, ...rest } = VECTOR.proof;
  expect(anchored).toBeDefined();
  served.answers.set(`${LOT}/record/proof`, rest);
  await page();
  await done();
  expect(verdict()).toBe(say("public.recordChecks.verdict.open"));
  expect(words()).toContain(say("public.recordChecks.why.not-anchored"));
  served.answers.set(`${LOT}/record/proof`, VECTOR.proof);
  await press(say("public.recordChecks.again"));
  await vi.waitFor(() => expect(verdict()).toBe(say("public.recordChecks.verdict.holds")), 5_000);
});

it("says when what it needs could not be fetched", async () => {
  served.answers.delete(`${LOT}/record/signatures`);
  await page();
  await vi.waitFor(() => expect(button(say("common.retry"))).toBeDefined(), 5_000);
  expect(all(".checks")).toHaveLength(0);
});
