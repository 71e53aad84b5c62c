import { describe, expect, it } from "vitest";
import { codeFault, completeOrganisationCode } from "./organisation";

describe("统一社会信用代码", () => {
  it("accepts codes whose check character fits", () => {
    for (const code of ["12350100MB0000A01P", "91350100MA0000C032", "11350100MB0000D045", "91350200MA1111001L"]) {
      expect(codeFault(code)).toBeUndefined();
      expect(completeOrganisationCode(code.slice(0, 17))).toBe(code);
    }
    // The example of GB 32100-2015.
    expect(codeFault("91350100M000100Y43")).toBeUndefined();
  });

  it("says what is wrong: missing, too short, a letter that is never used, a wrong check character", () => {
    expect(codeFault("")).toBe("missing");
    expect(codeFault("9135010")).toBe("length");
    expect(codeFault("91350100M000100O43")).toBe("character");
    expect(codeFault("91350100M000100Y44")).toBe("check");
  });
});
