/** docs/halls.md says where things are done: every address, act and command that it names is there. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");

const named = [...read("docs/halls.md").matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
const addresses = new Set([...read("web/src/router.ts").matchAll(/path: "([^"]+)"/g)].map(([, path]) => path));
/** Acts begin the rows of the tables in acts.md, several to a row. */
const acts = new Set(
  [...read("docs/spec/acts.md").matchAll(/^\| ((?:`[a-z-]+`(?:, )?)+) \|/gm)].flatMap(([, names]) => names!.match(/[a-z-]+/g) ?? []),
);
/** "kaibiao bid confirm|dispute ID" is two commands, and "kaibiao agent --server" is one of a single word. */
const commands = new Set(
  [...read("docs/ops/cli.md").matchAll(/kaibiao ([a-z]+) ([a-z|-]+)/g)].flatMap(([, group, names]) =>
    names!.startsWith("-") ? [`kaibiao ${group}`] : names!.split("|").map((name) => `kaibiao ${group} ${name}`),
  ),
);

/** Which of all names belongs to none of the lists. */
const unknown = (names: readonly string[]) =>
  names.filter((name) => !addresses.has(name) && !acts.has(name) && !commands.has(name) && !/^(web|crypto)\//.test(name));

it("names no address, act or command that is not there", () => {
  expect([addresses.size > 20, acts.size > 60, commands.size > 30]).toEqual([true, true, true]);
  expect(unknown(named)).toEqual([]);
  expect(unknown(["/nowhere", "sing", "kaibiao bid sing", "publish"])).toEqual(["/nowhere", "sing", "kaibiao bid sing"]);
});

it("gives every function a place or a reason", () => {
  const rows = read("docs/halls.md").match(/^\| [^|]*\p{Script=Han}[^|]*\|.*\|$/gmu) ?? [];
  expect(rows.length).toBeGreaterThan(60);
  for (const row of rows) {
    const cells = row.split("|").map((it) => it.trim());
    expect(cells.length, row).toBe(6);
    expect(cells[3], row).toMatch(/^[CPG]( [CPG])*$/);
    expect(cells[4], row).not.toBe("");
    // What is not here has its reason behind it.
    if (cells[4]!.includes("**not here**")) expect(cells[4], row).toMatch(/\*\*not here\*\*.{8}/);
  }
});
