import { expect, it } from "vitest";
import type { LotView } from "@/room";
import { hindrance } from "./ruling";

const lot = (stage: string, told: string | null) => ({ stage, lawful: { "overrule-finding": told } }) as unknown as LotView;

it("is the server's word, also of a lot that failed after the window", () => {
  expect(hindrance(lot("failed_after_unlock", null), "overrule-finding")).toBeUndefined();
  expect(hindrance(lot("signing", null), "overrule-finding")).toBeUndefined();
  expect(hindrance(lot("releasing", "wrong-stage"), "overrule-finding")).toBe("notYet");
  expect(hindrance(lot("closed", "wrong-stage"), "overrule-finding")).toBe("closed");
  expect(hindrance({ stage: "opened" } as LotView, "overrule-finding")).toBe("closed");
});

it("is never given on one's own organisation", () => {
  expect(hindrance(lot("opened", null), "overrule-finding", true)).toBe("own");
});
