import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { SIGNED } from "./acts";

it("signs exactly the acts that the specification wants signed", () => {
  const page = readFileSync(new URL("../../../docs/spec/acts.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const signed = rows
    .filter((line) => /\|\s*S(, E)?\s*\|$/.test(line))
    .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([a-z-]+)`/g)].map((match) => match[1]));
  expect([...SIGNED].sort()).toEqual(signed.sort());
});
