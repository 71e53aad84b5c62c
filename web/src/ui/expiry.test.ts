import { expect, it } from "vitest";
import en from "@/i18n/en/login";
import zh from "@/i18n/zh-CN/login";
import { expiryOf, type Part, partsOf } from "./expiry";

const NOW = Date.UTC(2026, 10, 23, 1, 0, 0);
const ends = (signing: number, encryption = signing) =>
  ({ signing: { notAfter: NOW + signing * 86_400_000 }, encryption: { notAfter: NOW + encryption * 86_400_000 } }) as never;

it("says nothing of a certificate that lasts, or where there is none", () => {
  expect(expiryOf(ends(30), ["bidder"], NOW)).toBeUndefined();
  expect(expiryOf(null, ["bidder"], NOW)).toBeUndefined();
});

it("goes by the one of a pair that ends first", () => {
  expect(expiryOf(ends(200, 12), ["host"], NOW)).toEqual({ until: "2026-12-05 09:00", days: 12, parts: ["host"] });
  expect(expiryOf(ends(-3), [], NOW)?.days).toBe(0);
});

it("speaks to each role of whoever has several, and to those without one", () => {
  expect(expiryOf(ends(5), ["administrator", "centre"], NOW)?.parts).toEqual(["centre", "administrator"]);
  expect(expiryOf(ends(5), ["machine"], NOW)?.parts).toEqual(["other"]);
});

it("tells whoever keeps keys of them, with another role or without one", () => {
  const session = { custodian: true };
  expect(expiryOf(ends(5), partsOf({ roles: ["host"], session }), NOW)?.parts).toEqual(["custodian", "host"]);
  expect(expiryOf(ends(5), partsOf({ roles: [], session }), NOW)?.parts).toEqual(["custodian"]);
  expect(partsOf({ roles: ["host"], session: {} })).toEqual(["host"]);
  expect(partsOf({ roles: ["host"], session: null })).toEqual(["host"]);
  for (const text of [zh.expires.parts.custodian, en.expires.parts.custodian]) expect(text).toMatch(/保管密钥|opening key/);
});

it("tells bidders alone of their bids", () => {
  const parts: Part[] = ["bidder", "custodian", "host", "supervisor", "centre", "administrator", "other"];
  expect(Object.keys(zh.expires.parts).sort()).toEqual([...parts].sort());
  for (const part of parts) {
    expect(zh.expires.parts[part].includes("重新递交")).toBe(part === "bidder");
    expect(/submit/i.test(en.expires.parts[part])).toBe(part === "bidder");
  }
});
