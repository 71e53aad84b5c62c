import { expect, it } from "vitest";
import type { LotView } from "@/room";
import { hindrance, owed } from "./ruling";

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

it("is owed where it may be given and was not", () => {
  const found = (decided: boolean) => ({ finding: { decided } });
  const custodians = [
    { x: 1, organisation: "host" },
    { x: 2, organisation: "bureau" },
  ];
  const lot = (stage: string, told: string | null) =>
    ({
      ...{ stage, custodians, lawful: { "overrule-finding": told, "overrule-fault": told } },
      parties: [found(false), found(true), {}],
      faults: [
        { x: 1, decided: false },
        { x: 1, decided: true },
        { x: 2, decided: false },
      ],
    }) as unknown as LotView;
  // One on a bid and one on a custodian; of the third, the bureau itself is the custodian.
  expect(owed(lot("opened", null), "bureau")).toBe(2);
  expect(owed(lot("failed_after_unlock", null), "bureau")).toBe(2);
  expect(owed(lot("closed", "wrong-stage"), "bureau")).toBe(0);
});
