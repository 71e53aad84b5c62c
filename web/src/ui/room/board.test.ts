import { expect, test } from "vitest";
import type { Schemas } from "@/api";
import { boardRows, type Filter, nextSorting, READING, type Sorting, toggleAll, toggleOne } from "./board";

type Party = Schemas["PartyView"];

const party = (name: string, more: Partial<Party> = {}, course: Partial<NonNullable<Party["course"]>> = {}): Party => ({
  party: name,
  name,
  signed_in: true,
  refused: false,
  course: {
    ...{ unlocked: false, attempts: [], rescue_asked: false, rescue_ordered: false, rescue_orderable: false, countersigned: false },
    ...course,
  },
  ...more,
});

const PARTIES = [
  party("丙", {}, { unlocked: true, deposit: "paid" }),
  party("甲", { signed_in: false }, { attempts: ["key_mismatch"] }),
  party("乙", { refused: true }, { deposit: "guarantee" }),
  party("丁", { outcome: "opened", line: { seq: 1, disputed: true } }, { unlocked: true, countersigned: true }),
  party("戊", { outcome: "opened" }, { unlocked: true }),
  party("己", { outcome: "not_opened" }),
];
const names = (wanted: { search?: string; filter?: Filter; sorting?: Sorting }) =>
  boardRows(PARTIES, "unlocking", { search: "", filter: "all", sorting: READING, ...wanted })
    .map((row) => row.party.name)
    .join("");

test("a board is in reading order, and each row keeps its number however it is sorted", () => {
  expect(names({})).toBe("丙甲乙丁戊己");
  const rows = boardRows(PARTIES, "unlocking", { search: "", filter: "all", sorting: { key: "name", descending: false } });
  expect(rows.find((row) => row.party.name === "戊")?.order).toBe(5);
});

test("each filter leaves those that it names", () => {
  expect(names({ search: " 甲 " })).toBe("甲");
  expect(names({ filter: "notSigned" })).toBe("甲");
  expect(names({ filter: "noDeposit" })).toBe("甲丁戊己");
  expect(names({ filter: "failed" })).toBe("甲");
  expect(names({ filter: "waiting" })).toBe("己");
  expect(names({ filter: "missed" })).toBe("");
  expect(names({ filter: "unlocked" })).toBe("丙丁戊");
  expect(names({ filter: "refused" })).toBe("乙");
  expect(names({ filter: "notOpened" })).toBe("己");
  expect(names({ filter: "disputed" })).toBe("丁");
  expect(names({ filter: "silent" })).toBe("戊");
  expect(names({ filter: "notCountersigned" })).toBe("戊");
});

test("a bid that was not unlocked in time is found as such, and waits no longer", () => {
  const rows = (filter: Filter) => boardRows(PARTIES, "opened", { search: "", filter, sorting: READING }).map((row) => row.party.name);
  expect(rows("missed")).toEqual(["己"]);
  expect(rows("waiting")).toEqual([]);
});

test("sorting puts what lacks something first, and equals stay in reading order both ways", () => {
  expect(names({ sorting: { key: "signedIn", descending: false } })).toBe("甲丙乙丁戊己");
  expect(names({ sorting: { key: "signedIn", descending: true } })).toBe("丙乙丁戊己甲");
  expect(names({ sorting: { key: "deposit", descending: false } })).toBe("甲丁戊己乙丙");
  expect(names({ sorting: { key: "state", descending: false } })).toBe("甲己丙丁戊乙");
});

test("a head pressed three times is back where it was", () => {
  const once = nextSorting(READING, "name");
  const twice = nextSorting(once, "name");
  expect([once.descending, twice.descending]).toEqual([false, true]);
  expect(nextSorting(twice, "name")).toEqual(READING);
  expect(nextSorting(twice, "state")).toEqual({ key: "state", descending: false });
});

test("choosing all chooses those shown, and leaves what is chosen elsewhere", () => {
  const some = toggleAll(new Set(["x"]), ["a", "b"]);
  expect([...some].sort()).toEqual(["a", "b", "x"]);
  expect([...toggleAll(some, ["a", "b"])]).toEqual(["x"]);
  expect([...toggleAll(new Set(["a"]), ["a", "b"])]).toEqual(["a", "b"]);
  expect([...toggleOne(new Set(["a"]), "a")]).toEqual([]);
});
