/** A part of a screen and a control in it never bear one name: whoever hears the screen could not tell them apart. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));
const PARTS = "section|form|fieldset|nav|search|div";
const CONTROLS = "input|select|textarea|progress";

/** The texts' keys that name elements of these kinds in a file, by their own label or, for controls, by a label's text. */
function named(source: string, kinds: string): string[] {
  return [...source.matchAll(new RegExp(`<(?:${kinds})\\b(?:[^>"]|"[^"]*")*?:aria-label="t\\('([\\w.]+)'`, "g"))].map(([, key]) => key!);
}

function labels(source: string): string[] {
  return [...source.matchAll(/<label\b(?:[^>"]|"[^"]*")*>\s*(?:<span>)?\{\{\s*t\("([\w.]+)"/g)].map(([, key]) => key!);
}

it("names parts and controls apart", () => {
  const screens = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".vue"));
  const twins = screens.flatMap((name) => {
    const source = readFileSync(SRC + name, "utf8");
    const controls = new Set([...named(source, CONTROLS), ...labels(source)]);
    return named(source, PARTS)
      .filter((key) => controls.has(key))
      .map((key) => `${name}: ${key}`);
  });
  expect(screens.length).toBeGreaterThan(100);
  expect(screens.some((name) => labels(readFileSync(SRC + name, "utf8")).length > 0)).toBe(true);
  expect(twins).toEqual([]);
});
