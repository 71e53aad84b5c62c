import { expect, it } from "vitest";
import { nameProblem } from "./names";
import { isLine } from "./text";

// The same names as crypto/src/bid/name.rs has.
it.each(["投标函.pdf", "工程量清单（附件 1）.xlsx", "a", "ﬁle.pdf", ".hidden", "CONTRACT.pdf", "COM10", "标".repeat(85)])(
  "takes %s",
  (name) => expect(nameProblem(name)).toBeUndefined(),
);

it.each([
  ["name-length", ""],
  ["name-length", "标".repeat(86)],
  ["name-character", "a/b"],
  ["name-character", "a\\b"],
  ["name-character", "a\u0000"],
  ["name-character", "fdp.\u202eexe"],
  ["name-character", "a\u200b"],
  ["name-character", "a\u200db"],
  ["name-character", "a\ufe0f"],
  ["name-character", "a\u{1ffff}"],
  ["name-character", "a:b.pdf"],
  ["name-character", "a|b"],
  ["name-character", "报价?.pdf"],
  ["name-not-normal", "e\u0301.pdf"],
  ["name-edge", " a"],
  ["name-edge", "a.pdf."],
  ["name-reserved", "CON"],
  ["name-reserved", "nul.pdf"],
  ["name-reserved", "Com1 .tar.gz"],
  ["name-reserved", "LPT\u00b9"],
])("refuses (%s) %j", (code, name) => expect(nameProblem(name)).toBe(code));

it("shows a line only where nothing hides in it", () => {
  expect(isLine("陈家河大桥工程（一标段）")).toBe(true);
  for (const hidden of ["\u00ad", "\u200f", "\u2066", "\u2028", "\u3164", "\u{e0041}", "\ud800", "\n"])
    expect(isLine(`甲${hidden}乙`)).toBe(false);
});
