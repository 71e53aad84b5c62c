import { expect, it } from "vitest";
import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";
import { i18n } from "@/i18n";
import { charactersLeft, isReason, reasonFault } from "./reason";
import ReasonField from "./ReasonField.vue";

it("is wanted, and of more than white space", () => {
  expect(reasonFault("")).toBe("missing");
  expect(reasonFault(" \n\t ")).toBe("missing");
  expect(reasonFault(" 银行系统故障 ")).toBeUndefined();
  expect([isReason(" "), isReason(" ", true), isReason("字".repeat(2_001), true)]).toEqual([false, true, false]);
});

it("has as many characters as the act may hold, however many code units they take", () => {
  expect(reasonFault("𠮷".repeat(2_000))).toBeUndefined();
  expect(reasonFault(`${"字".repeat(2_000)}  `)).toBeUndefined();
  expect(reasonFault("字".repeat(2_001))).toBe("long");
});

it("says what is left only near the end", () => {
  expect(charactersLeft("字".repeat(1_799))).toBeUndefined();
  expect(charactersLeft("字".repeat(1_990))).toBe(10);
  expect(charactersLeft("字".repeat(2_500))).toBe(0);
});

it("is asked for in a field that says what is wrong where it is", async () => {
  const field = (props: { modelValue: string; optional?: boolean }) => renderToString(createSSRApp(ReasonField, props).use(i18n));
  const long = await field({ modelValue: "字".repeat(2_001) });
  expect(long).toContain('aria-invalid="true"');
  expect(long).toContain("2000");
  // Nobody is reproached before the field was left.
  const fresh = await field({ modelValue: "" });
  expect(fresh).not.toContain("aria-invalid");
  expect(fresh).toContain('aria-required="true"');
  expect(await field({ modelValue: "", optional: true })).toContain('aria-required="false"');
});
