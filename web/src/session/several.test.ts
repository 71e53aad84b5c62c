import { expect, test } from "vitest";
import { actOn } from "./several";

test("an act on one bidder is what it was; on several, the first is the act's own and the rest its others", () => {
  expect(actOn("mark-deposit", "1", [])).toBeUndefined();
  expect(actOn("mark-deposit", "1", [{ party: "a", deposit: "paid" }])).toEqual({
    act: "mark-deposit",
    lot: "1",
    party: "a",
    deposit: "paid",
  });
  const items = ["a", "b", "c"].map((party) => ({ party, deposit: "paid" }));
  expect(actOn("mark-deposit", "2", items)).toEqual({
    ...{ act: "mark-deposit", lot: "2", party: "a", deposit: "paid" },
    others: items.slice(1),
  });
});
