import { expect, it } from "vitest";
import type { LotView } from "@/room";
import { confirmable, type Found, hindrance, owed, rulings } from "./ruling";

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

const found = (lot: string, party: string, finding: string, decided = false) =>
  ({ lot, party, finding: { finding, decided } }) as unknown as Found;

it("is one act for each lot, however many findings it is about", () => {
  const all = [
    found("1", "a", "forfeited"),
    found("1", "b", "open"),
    found("2", "c", "returned"),
    found("1", "d", "forfeited"),
    found("1", "e", "forfeited", true),
  ];
  expect(confirmable(all).map((it) => it.party)).toEqual(["a", "c", "d"]);
  expect(rulings(all)).toEqual([
    { act: "confirm-finding", lot: "1", party: "a", finding: "forfeited", others: [{ party: "d", finding: "forfeited" }] },
    { act: "confirm-finding", lot: "2", party: "c", finding: "returned" },
  ]);
  const instead = { finding: "returned" as const, reason: "平台原因" };
  expect(rulings(all, instead)).toEqual([
    {
      ...{ act: "overrule-finding", lot: "1", party: "a", ...instead },
      others: ["b", "d", "e"].map((party) => ({ party, ...instead })),
    },
  ]);
});
