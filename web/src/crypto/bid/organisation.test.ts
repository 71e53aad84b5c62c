import { describe, expect, it } from "vitest";
import { checkCharacter, codeFault } from "./credit";

describe("统一社会信用代码", () => {
  it("accepts codes whose check character fits", () => {
    for (const code of ["12100000400002259X".slice(0, 18), "91350100M000100Y43"]) {
      expect(codeFault(code.slice(0, 17) + checkCharacter(code.slice(0, 17)))).toBeUndefined();
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
