import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { isLongEnough, isStrongEnough, MIN_PASSPHRASE, strengthOf } from "./passphrase";

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), "utf8");

it("asks for as many characters as the format and the command line do", () => {
  expect(read("docs/spec/sealed-bid.md")).toContain(`A passphrase of fewer than ${MIN_PASSPHRASE} characters is refused`);
  expect(read("crypto/src/keyfile.rs")).toContain(`pub const MIN_PASSPHRASE: usize = ${MIN_PASSPHRASE};`);
});

it("counts characters, not the units they are stored in", () => {
  expect(isLongEnough("𠮷𠮷𠮷𠮷")).toBe(false);
  // Four letters and their accents apart are four characters.
  expect(isLongEnough("e\u0301".repeat(4))).toBe(false);
  expect(isLongEnough("𠮷".repeat(8))).toBe(true);
});

it("judges by length and variety", () => {
  expect(strengthOf("abc")).toBe("short");
  expect(strengthOf("aaaaaaaaaaaa")).toBe("weak");
  expect(strengthOf("password1")).toBe("weak");
  expect(strengthOf("临江河畔三月花开时节又逢君")).toBe("strong");
  expect(strengthOf("Xk7#mQ2!vR9@pL4z")).toBe("strong");
  expect(["abc", "aaaaaaaaaaaa", "correct horse battery"].map(isStrongEnough)).toEqual([false, false, true]);
});
