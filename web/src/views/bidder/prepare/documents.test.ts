import { expect, it } from "vitest";
import { added, mediaOf, moved, nameProblems, totalSize } from "./documents";

const files = (...names: string[]) => names.map((name) => new File(["12"], name, { type: "application/pdf" }));

it("keeps files in the order given, and moves one at a time", () => {
  const list = added([], files("一.pdf", "二.pdf", "三.pdf"));
  expect(list.map((it) => it.name)).toEqual(["一.pdf", "二.pdf", "三.pdf"]);
  expect(moved(list, list[2]!.id, -1).map((it) => it.name)).toEqual(["一.pdf", "三.pdf", "二.pdf"]);
  expect(moved(list, list[0]!.id, -1).map((it) => it.name)).toEqual(["一.pdf", "二.pdf", "三.pdf"]);
  expect(totalSize(list)).toBe(6);
});

it("composes names as the format wants them", () => {
  expect(added([], files("e\u0301.pdf"))[0]?.name).toBe("\u00e9.pdf");
});

it("says which name cannot be sealed and why, each on its own", () => {
  const list = added([], files("a.pdf", "A.pdf", " b.pdf", "c\u202e.pdf", "d.pdf"));
  expect(nameProblems(list).map(({ id, code }) => [list.findIndex((it) => it.id === id), code])).toEqual([
    [1, "name-duplicate"],
    [2, "name-edge"],
    [3, "name-character"],
  ]);
});

it("gives a media type that the format takes", () => {
  expect(mediaOf(files("a.pdf")[0]!)).toBe("application/pdf");
  expect(mediaOf(new File([], "a", { type: "" }))).toBe("application/octet-stream");
});
