// @vitest-environment happy-dom
import receipts from "../../../../crypto/vectors/log/receipts.json";
import { beforeEach, expect, it, vi } from "vitest";
import { Refused } from "@/api";
import type { ReceiptTrust } from "@/crypto/contract";
import { checkReceiptFile } from "@/crypto/tlog/receipt";
import { useProof } from "./proof";

const ask = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({ ...(await real<object>()), api: { GET: ask }, data: (reply: unknown) => reply }));
vi.mock("@/session", () => ({ useSession: () => ({ inSession: (work: () => unknown) => work() }) }));
const trusted = vi.hoisted(() => ({ now: undefined as unknown }));
vi.mock("@/crypto/client", () => ({ vault: () => ({ checkReceiptFile, receiptTrust: async () => trusted.now }) }));

const cases = receipts.cases as unknown as { name: string; file: string; trust: ReceiptTrust }[];
const kept = cases.find((it) => it.name === "a promise that was kept") as (typeof cases)[number];
const promise = (JSON.parse(kept.file) as { receipt: { body: string; signature: string } }).receipt;
const of = { project: "p", bid: "b" };
const missing = new Refused(404);

beforeEach(() => {
  ask.mockReset();
  trusted.now = kept.trust;
});

it("is checked by the terms that are kept, and saved as it came", async () => {
  ask.mockResolvedValue(kept.file);
  const proof = useProof();
  const save = vi.fn();
  await proof.fetch(of, { terms: "terms", receipt: promise }, save);
  expect(save).toHaveBeenCalledWith(kept.file);
  expect([proof.state.value, proof.found.value?.outcome]).toEqual([null, "proved"]);
});

it("is evidence where it is of another promise than the one in hand", async () => {
  ask.mockResolvedValue(kept.file);
  const proof = useProof();
  await proof.fetch(of, { terms: "terms", receipt: { ...promise, body: `${promise.body} ` } }, vi.fn());
  expect(proof.found.value).toMatchObject({ outcome: "against", failure: { code: "receipt-differs" } });
});

it("is too early before the closing statement, and missing after it", async () => {
  const proof = useProof();
  const save = vi.fn();
  ask.mockRejectedValue(missing);
  await proof.fetch(of, {}, save);
  expect(proof.state.value).toBe("early");
  ask.mockReset().mockRejectedValueOnce(missing).mockResolvedValue({ closing: {} });
  await proof.fetch(of, {}, save);
  expect(proof.state.value).toBe("missing");
  expect(save).not.toHaveBeenCalled();
});

it("is saved unchecked where nobody is known to be believed, and a failure is told", async () => {
  ask.mockResolvedValueOnce(kept.file).mockRejectedValue(new Refused(500));
  const proof = useProof();
  const save = vi.fn();
  await proof.fetch(of, {}, save);
  expect([proof.state.value, save.mock.calls.length]).toEqual(["unchecked", 1]);
  await proof.fetch(of, {}, save);
  expect(proof.problem.value).toBeInstanceOf(Refused);
});
