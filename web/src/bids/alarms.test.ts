import { describe, expect, it } from "vitest";
import type { CertificateInfo, KeyInfo } from "@/crypto/contract";
import { certificateAlarms } from "./alarms";

const DAY = 24 * 3600_000;
const NOW = Date.UTC(2026, 10, 22);

function certificate(digest: string, from: number, days: number): CertificateInfo {
  return {
    digest,
    organisationName: "甲",
    organisationCode: "91350100M000100Y43",
    person: "张三",
    issuer: "CA",
    serial: "01",
    notBefore: NOW + from * DAY,
    notAfter: NOW + days * DAY,
    key: "p-256",
    sign: true,
    encrypt: true,
  };
}

const key = (signing: CertificateInfo, encryption = signing): KeyInfo => ({
  provider: "file",
  label: "a.p12",
  signing,
  encryption,
  chain: [],
  roots: [],
});
const codes = (info: KeyInfo, t0: number | null) => certificateAlarms(info, t0, NOW).map(({ code, level }) => `${level}: ${code}`);

describe("alarms for certificates that will not last", () => {
  it("are silent for a certificate that lasts", () => {
    expect(codes(key(certificate("a", -10, 300)), NOW + 20 * DAY)).toEqual([]);
  });

  it("tell of the end before, during and soon", () => {
    expect(codes(key(certificate("a", -10, 10)), NOW + 20 * DAY)).toEqual(["error: signing-ends-before"]);
    expect(codes(key(certificate("a", -10, 21)), NOW + 20 * DAY)).toEqual(["warning: signing-ends-during"]);
    expect(codes(key(certificate("a", -10, 25)), NOW + 20 * DAY)).toEqual(["warning: signing-ends-soon"]);
    expect(codes(key(certificate("a", -10, 25)), null)).toEqual(["warning: signing-ends-soon"]);
    expect(codes(key(certificate("a", -10, -1)), null)).toEqual(["error: signing-expired"]);
    expect(codes(key(certificate("a", 1, 300)), null)).toEqual(["error: signing-not-yet"]);
  });

  it("judge both certificates of a pair", () => {
    expect(codes(key(certificate("a", -10, 300), certificate("b", -10, 5)), NOW + 20 * DAY)).toEqual(["error: encryption-ends-before"]);
    expect(codes(key(certificate("a", -10, 300), { ...certificate("b", -10, 300), organisationCode: "x" }), null)).toEqual([
      "error: two-organisations",
    ]);
    expect(codes(key({ ...certificate("a", -10, 300), encrypt: false }), null)).toEqual(["error: no-encryption"]);
  });
});
