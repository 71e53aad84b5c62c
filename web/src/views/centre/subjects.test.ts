import { expect, it } from "vitest";
import { isCode } from "./subjects";

it("knows a credit code by its check character", () => {
  for (const code of ["12350100MB0000A01P", "91350100MA0000C032", "11350100MB0000D045", "91350200MA1111001L"]) expect(isCode(code)).toBe(true);
  for (const code of ["12350100MB0000A01Q", "12350100MB0000A01", "1235010OMB0000A01P", ""]) expect(isCode(code)).toBe(false);
});
