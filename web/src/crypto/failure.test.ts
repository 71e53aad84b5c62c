import { expect, it } from "vitest";
import { fail } from "./bid/failure";
import { CryptoFailure, failureOf } from "./failure";

it("is one class for the whole of the vault, so that no code gets lost on its way to the page", () => {
  try {
    fail("wrap-other-key", { x: 1 });
  } catch (error) {
    expect(error).toBeInstanceOf(CryptoFailure);
    expect(failureOf(error)).toMatchObject({ code: "wrap-other-key", params: { x: 1 } });
  }
  expect(failureOf(new TypeError("x")).code).toBe("unexpected");
});
