// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { shallowRef } from "vue";
import { Refused } from "@/api";
import { all, button, fill, leaveAll, mounted, press, say, settled, words } from "../../../tests/mounted";
import Record from "./Record.vue";

const view = shallowRef<object | null>(null);
const log = shallowRef<object[]>([]);
vi.mock("@/room", () => ({ useRoom: () => ({ view, log, problem: shallowRef(null), refresh: () => undefined }) }));
const reading = vi.hoisted(() => ({ readRecord: vi.fn() }));
vi.mock("./record", async (real) => ({ ...(await real<object>()), ...reading }));
vi.mock("./RecordBody.vue", () => ({ default: { props: ["record", "known"], render: () => "what it says" } }));
vi.mock("./RecordChecks.vue", () => ({ default: { props: ["project", "lot", "digest", "rows", "masked"], render: () => null } }));

const [first, second] = ["a".repeat(64), "b".repeat(64)];
const state = (record: string, more: object = {}) => ({ record, signed: null, corrects: null, pdf: null, seq: 1, ...more });
const room = (...records: object[]) => {
  view.value = { title: "项目", number: "Z-1", lots: { "1": { title: "土建", stage: "closed", records } } };
};
const page = () => mounted(Record, { project: "p", lot: "1" });
const signers = () => all("ul.signers li").map((it) => words(it));
const badge = () => words(all("[aria-labelledby=record-signatures] p .badge")[0]);
const countersigned = (record: string, name: string) => ({ n: 1, time: 0, kind: "countersigned", body: { record, name } });

const read = { rows: [], stream: { size: 9, root: "root" } };

beforeEach(() => {
  view.value = null;
  log.value = [];
  const signed = ["甲", "乙"].map((name) => ({ name, role: "bidder" }));
  const record = { ...read, signers: [...signed, { name: "主持人", role: "host" }] };
  reading.readRecord.mockReset().mockImplementation(async (_: string, __: string, digest: string) => ({ digest, record }));
});
afterEach(leaveAll);

it("is said to be what was signed only where its digest is the one", async () => {
  room(state(first));
  await page();
  expect(words()).toContain(say("public.record.checked"));
  leaveAll();
  reading.readRecord.mockResolvedValue({ digest: second, record: { ...read, signers: [] } });
  await page();
  expect(all("[role=alert]").map((it) => words(it))).toEqual([say("public.record.differs")]);
  expect(words()).not.toContain(say("public.record.checked"));
});

it("says who has signed this very version, and who has not", async () => {
  room(state(first, { signed: 5 }), state(second, { corrects: first }));
  log.value = [countersigned(first, "甲"), countersigned(first, "乙"), countersigned(second, "乙")];
  await page();
  expect(reading.readRecord.mock.calls).toEqual([["p", "1", second]]);
  expect(badge()).toBe(say("public.record.hostNot"));
  expect(signers()).toHaveLength(2);
  expect(signers()[0]).toBe(`${say("public.record.notCountersigned")} 甲`.replace(" ", ""));
  expect(signers()[1]!.startsWith(say("public.record.countersigned"))).toBe(true);
  expect(words()).toContain(say("public.record.corrects", { digest: first }));
});

it("shows the former version with its own signatures when that is chosen", async () => {
  room(state(first, { signed: 5 }), state(second, { corrects: first }));
  log.value = [countersigned(first, "甲")];
  await page();
  await fill(say("public.record.version"), first);
  await vi.waitFor(() => expect(reading.readRecord.mock.calls.at(-1)).toEqual(["p", "1", first]));
  await settled();
  expect(badge()).toBe(say("public.record.hostSigned"));
  expect(signers()[0]!.startsWith(say("public.record.countersigned"))).toBe(true);
  expect(words()).toContain(say("public.record.checked"));
});

it("that could not be read is asked for again, and nothing is said of it before", async () => {
  room(state(first));
  reading.readRecord.mockRejectedValueOnce(new Refused(0));
  await page();
  expect([words().includes(say("public.record.checked")), words().includes("what it says")]).toEqual([false, false]);
  expect(button(say("common.retry"))).toBeDefined();
  await press(say("common.retry"));
  expect([words().includes(say("public.record.checked")), words().includes("what it says")]).toEqual([true, true]);
});

it("believes no answer about a version that is not chosen any more", async () => {
  room(state(first), state(second, { corrects: first }));
  await page();
  let come = (_: object): void => undefined;
  reading.readRecord.mockReturnValueOnce(new Promise((resolve) => (come = resolve)));
  await fill(say("public.record.version"), first);
  await vi.waitFor(() => expect(reading.readRecord.mock.calls.at(-1)).toEqual(["p", "1", first]));
  await fill(say("public.record.version"), second);
  await vi.waitFor(() => expect(reading.readRecord.mock.calls.at(-1)).toEqual(["p", "1", second]));
  come({ digest: first, record: { ...read, signers: [] } });
  await settled();
  expect(all("[role=alert]")).toEqual([]);
  expect(words()).toContain(say("public.record.checked"));
});
