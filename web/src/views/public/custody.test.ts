import { expect, it } from "vitest";
import { comesForCustody, isCustodianOnly, keeping } from "./custody";
import type { Line } from "./openings";

const line = (id: string, more: Partial<Line> = {}): Line => ({ id, title: id, number: id, ...more }) as unknown as Line;
const duty = { lot: "1" } as NonNullable<Line["duties"]>[number];
const named = line("named", { duties: [duty] });
const invited = line("invited", { invited: true });
const bid = line("bid", { own: [{ lot: "1" }] as never });

it("is led to custody, registered or not, when a host has named or invited it", () => {
  expect(keeping([named, invited, bid]).map(({ id }) => id)).toEqual(["named", "invited"]);
  expect(comesForCustody([invited], "/")).toBe(true);
  expect(comesForCustody([], "/custodian/p")).toBe(true);
  expect(comesForCustody([bid], "/")).toBe(false);
  expect(comesForCustody([], "/custodians")).toBe(false);
});

it("is a bidder where it bids, and an official where it has an office", () => {
  expect(isCustodianOnly([named], ["bidder"])).toBe(true);
  expect(isCustodianOnly([invited], [])).toBe(true);
  expect(isCustodianOnly([named, bid], ["bidder"])).toBe(false);
  expect(isCustodianOnly([named], ["bidder", "host"])).toBe(false);
  expect(isCustodianOnly([bid], ["bidder"])).toBe(false);
});
