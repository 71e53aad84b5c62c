import { beforeEach, describe, expect, it, vi } from "vitest";
import { useVault } from "@/crypto/client";
import type { Vault } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { differing, isAlarming, reopen } from "./reopen";

vi.mock("@/api", () => ({ api: { GET: (path: string, given: unknown) => ({ path, given }) }, data: async (call: unknown) => call }));

const reopenSheet = vi.fn();
const shown = { bid: "b1", name: "甲公司", sheet: { price: "100", days: 9 } };

beforeEach(() => useVault({ reopenSheet } as unknown as Vault));

describe("an announced sheet that is opened again", () => {
  it("is the same as the one that is shown", async () => {
    reopenSheet.mockResolvedValue({ days: 9, price: "100" });
    const finding = await reopen("p", "1", shown);
    expect(finding).toEqual({ state: "same" });
    expect(isAlarming(finding)).toBe(false);
    expect(reopenSheet.mock.lastCall?.[0]).toBe("b1");
  });

  it("names the fields that differ, added and missing ones as well", async () => {
    reopenSheet.mockResolvedValue({ price: "101", days: 9, more: "x" });
    const finding = await reopen("p", "1", shown);
    expect(finding).toEqual({ state: "differs", fields: ["more", "price"] });
    expect(isAlarming(finding)).toBe(true);
    expect(differing({ a: 1 }, {})).toEqual(["a"]);
  });

  it("is an alarm where it does not open, and none where the network failed", async () => {
    reopenSheet.mockRejectedValueOnce(new CryptoFailure("bid-digest-mismatch"));
    expect(isAlarming(await reopen("p", "1", shown))).toBe(true);
    reopenSheet.mockRejectedValueOnce(new TypeError("network"));
    expect(isAlarming(await reopen("p", "1", shown))).toBe(false);
  });
});
