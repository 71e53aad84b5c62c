// @vitest-environment happy-dom
import receipts from "../../../../crypto/vectors/log/receipts.json";
import twice from "../../../../crypto/vectors/log/receipts-gm.json";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ReceiptTrust } from "@/crypto/contract";
import { checkReceiptFile, receiptTrust } from "@/crypto/tlog/receipt";
import { button, choose, field, fill, leaveAll, mounted, press, say, settled, words } from "../../../tests/mounted";
import CheckReceipt from "./CheckReceipt.vue";
import { formOf, trustOf } from "./trust";

// The vault's own functions, without its worker.
const vault = vi.hoisted(() => ({ checkReceiptFile: vi.fn(), receiptTrust: vi.fn() }));
vi.mock("@/crypto/client", () => ({ vault: () => vault }));

interface Case {
  name: string;
  file: string;
  trust: ReceiptTrust;
}
const cases = receipts.cases as unknown as Case[];
const named = (name: string) => cases.find((it) => it.name === name) as Case;
const kept = named("a promise that was kept");

const file = (text: string, name = "a.json") => new File([text], name, { type: "application/json" });
const give = (text: string) => choose(say("receipt.file"), file(text));
/** Signatures are checked by the machine, which takes its own time. */
async function until(text: string): Promise<void> {
  for (let turn = 0; turn < 100 && !words().includes(text); turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    await settled();
  }
  expect(words()).toContain(text);
}

beforeEach(() => {
  vault.checkReceiptFile.mockReset().mockImplementation(checkReceiptFile);
  vault.receiptTrust.mockReset().mockImplementation(async (text: string) => receiptTrust(text));
});
afterEach(leaveAll);

it("says of a kept promise that it was kept, by what was typed", async () => {
  await mounted(CheckReceipt);
  expect(button(say("receipt.check"))?.disabled).toBe(true);
  const { origin, receipt_key, log_key = "", witnesses = [], quorum } = kept.trust;
  await give(kept.file);
  await fill(say("receipt.trust.origin"), origin);
  await fill(say("receipt.trust.receiptKey"), receipt_key);
  await fill(say("receipt.trust.logKey"), log_key);
  await fill(say("receipt.trust.witnesses"), `${witnesses.join("\n")}\n`);
  await fill(say("receipt.trust.quorum"), String(quorum));
  await press(say("receipt.check"));
  await until(say("receipt.outcome.proved"));
  expect(words()).toContain(say("receipt.seq"));
});

it("takes a policy for whom to believe, and checks at once", async () => {
  await mounted(CheckReceipt);
  await give(kept.file);
  await choose(say("receipt.trust.file"), file(JSON.stringify({ format: "kaibiao/1 policy", cas: [], ...kept.trust })));
  await until(say("receipt.outcome.proved"));
  expect(field(say("receipt.trust.quorum")).value).toBe("2");
});

it.each([
  ["a promise", "promise", undefined],
  ["the promised anchor lacks it", "against", "receipt-late"],
  ["another platform's", "nothing", "receipt-signature"],
  ["one cosignature of two", "nothing", "log-quorum"],
])("says what %s shows", async (name, outcome, code) => {
  const vector = named(name);
  await mounted(CheckReceipt, { pinned: vector.trust });
  await give(vector.file);
  await until(say(`receipt.outcome.${outcome}`));
  if (code) expect(words()).toContain(code);
  expect(words()).toContain(say(`receipt.next.${outcome}`));
});

it("says nothing of a file by what was found of the one before, or by whom was believed then", async () => {
  await mounted(CheckReceipt, { pinned: kept.trust });
  await give(kept.file);
  await until(say("receipt.outcome.proved"));
  await give("{}");
  await until(say("receipt.found.receipt-malformed"));
  expect(words()).not.toContain(say("receipt.outcome.proved"));
  await give(kept.file);
  await until(say("receipt.outcome.proved"));
  await fill(say("receipt.trust.origin"), "elsewhere.example.cn");
  expect(words()).not.toContain(say("receipt.outcome.proved"));
});

it("says of what is no policy that it is none, and leaves what was filled in", async () => {
  await mounted(CheckReceipt, { pinned: kept.trust });
  await choose(say("receipt.trust.file"), file("nothing"));
  await until(say("crypto.problems.policy-unreadable"));
  expect(field(say("receipt.trust.origin")).value).toBe(kept.trust.origin);
});

it("asks for a platform, a key and a quorum that are there", () => {
  const form = formOf(kept.trust);
  expect(trustOf(form)).toEqual({ ...kept.trust, statement_key: undefined, tsas: undefined, witnesses: kept.trust.witnesses });
  for (const wrong of [{ origin: " " }, { receiptKey: "" }, { quorum: "two" }, { quorum: "-1" }])
    expect(trustOf({ ...form, ...wrong })).toBeUndefined();
});

it("asks for both signatures where a file or a person tells of the platform's SM2 certificate", async () => {
  const of = (name: string) => (twice.cases as unknown as Case[]).find((it) => it.name === name) as Case;
  const [both, one] = [of("signed twice"), of("no second signature")];
  const chain = both.trust.sm2_chain!;
  await mounted(CheckReceipt);
  await choose(say("receipt.trust.file"), file(JSON.stringify({ format: "kaibiao/1 policy", cas: [], ...both.trust })));
  expect(field(say("receipt.trust.sm2Chain")).value).toBe(chain.join("\n"));
  await give(both.file);
  await until(say("receipt.outcome.promise"));
  await give(one.file);
  await until(say("receipt.found.receipt-sm2-signature"));
  await fill(say("receipt.trust.sm2Chain"), "");
  await press(say("receipt.check"));
  await until(say("receipt.outcome.promise"));
  // As it stands in a PEM file, or in lines.
  const pem = chain.map((der) => `-----BEGIN CERTIFICATE-----\n${der.replace(/(.{64})/g, "$1\n")}\n-----END CERTIFICATE-----\n`).join("");
  for (const sm2Chain of [pem, chain.join("\n"), ` ${chain.join("\n\n")}\n`])
    expect(trustOf({ ...formOf(both.trust), sm2Chain })?.sm2_chain).toEqual(chain);
  expect(trustOf({ ...formOf(both.trust), sm2Chain: " " })).not.toHaveProperty("sm2_chain");
});
