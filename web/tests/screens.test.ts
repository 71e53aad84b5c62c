/** docs/screens/README.md shows every picture that lies there, and none that does not. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const FOLDER = fileURLToPath(new URL("../../docs/screens/", import.meta.url));

it("shows every picture that was taken", () => {
  const taken = readdirSync(FOLDER).filter((name) => name.endsWith(".png"));
  const text = readFileSync(`${FOLDER}README.md`, "utf8");
  const shown = new Set([...text.matchAll(/\]\(([a-z0-9-]+\.png)\)/g)].map(([, name]) => name!));
  expect(taken.length).toBeGreaterThan(100);
  expect(taken.filter((name) => !shown.has(name))).toEqual([]);
  expect([...shown].filter((name) => !taken.includes(name))).toEqual([]);
});
