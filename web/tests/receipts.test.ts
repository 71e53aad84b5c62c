/** What receipts and their proofs show: crypto/vectors/log/receipts.json. */
import { describe, expect, it } from "vitest";
import type { ReceiptTrust } from "@/crypto/contract";
import { checkReceiptFile, receiptTrust } from "@/crypto/tlog/receipt";
import en from "@/i18n/en/receipt";
import zh from "@/i18n/zh-CN/receipt";
import { codeOf, vectors } from "./vectors";

interface Case {
  name: string;
  file: string;
  trust: ReceiptTrust & { statement_key: string };
  project: string | null;
  outcome: string;
  code: string;
}
const { cases } = vectors<{ cases: Case[] }>("log/receipts.json");

const named = (name: string) => cases.find((it) => it.name === name) as Case;
const trustOf = ({ trust, project }: Case): ReceiptTrust => ({ ...trust, ...(project === null ? {} : { project }) });

describe("every receipt", () => {
  it.each(cases)("shows what its vector says: $name", async (vector) => {
    const found = await checkReceiptFile(vector.file, trustOf(vector));
    expect([found.outcome, found.failure?.code ?? "ok"]).toEqual([vector.outcome, vector.code]);
  });

  it("has words for everything that can be found", () => {
    for (const { code } of cases.filter((it) => it.code !== "ok")) {
      expect(Object.keys(zh.found)).toContain(code);
      expect(Object.keys(en.found)).toContain(code);
    }
  });

  it("tells of a kept promise where it is, and who has cosigned when", async () => {
    const kept = named("a promise that was kept");
    const found = await checkReceiptFile(kept.file, trustOf(kept));
    expect(found.receipt).toMatchObject({ lot: "1", tick: 2 });
    expect(found.kept).toEqual({ seq: 3, tick: 2, cosigned: [1_795_000_000_000, 1_795_000_003_000] });
  });

  it("is shown to be altered by every byte of a proof", async () => {
    const kept = named("a promise that was kept");
    for (let at = 0; at < kept.file.length; at += 41) {
      const other = kept.file[at] === "0" ? "1" : "0";
      const found = await checkReceiptFile(kept.file.slice(0, at) + other + kept.file.slice(at + 1), trustOf(kept));
      expect([at, found.outcome]).not.toEqual([at, "proved"]);
    }
  });
});

describe("whom to believe", () => {
  const { trust } = named("a promise");
  const policy = { format: "kaibiao/1 policy", cas: [], ...trust };

  it("is read from a policy, of which the rest is passed over", () => {
    const { origin, receipt_key, log_key, witnesses, quorum } = trust;
    expect(receiptTrust(JSON.stringify(policy))).toEqual({ origin, receipt_key, log_key, witnesses, quorum });
  });

  it("is not read from anything else", () => {
    const refusal = (text: string) => {
      try {
        return receiptTrust(text).origin;
      } catch (error) {
        return codeOf(error);
      }
    };
    expect(refusal("no JSON")).toBe("policy-unreadable");
    expect(refusal(JSON.stringify({ ...policy, quorum: "2" }))).toBe("policy-unreadable");
    expect(refusal(named("a promise").file)).toBe("terms-malformed");
  });
});
