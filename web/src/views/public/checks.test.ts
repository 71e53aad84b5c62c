import { describe, expect, it } from "vitest";
import type { KeyInfo } from "@/crypto/contract";
import { validity } from "./checks";

const DAY = 86_400_000;
const now = Date.UTC(2026, 10, 22);
const key = (signing: number, encryption = signing): KeyInfo =>
  ({ signing: { notAfter: now + signing * DAY }, encryption: { notAfter: now + encryption * DAY } }) as KeyInfo;

describe("a certificate's time", () => {
  const state = (it: KeyInfo | null, t0?: number) => validity({ key: it, t0 }, now);

  it("is not looked at before there is one", () => {
    expect(state(null).state).toBe("skipped");
  });

  it("must last beyond the opening, whatever is left of it today", () => {
    expect(state(key(40), now + 50 * DAY)).toMatchObject({ state: "bad", key: "validityBeforeT0" });
    expect(state(key(60), now + 50 * DAY)).toMatchObject({ state: "ok", key: "validityT0" });
  });

  it("of a pair ends with the one that ends first", () => {
    expect(state(key(300, -1))).toMatchObject({ state: "bad", key: "validityBad" });
    expect(state(key(300, 12))).toMatchObject({ state: "warning", params: { days: 12 } });
    expect(state(key(300))).toMatchObject({ state: "ok", key: "validityOk" });
  });
});
