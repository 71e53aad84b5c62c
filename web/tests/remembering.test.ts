/** On a machine that several people use, no field's text is offered to the next one by the browser. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));
/** Controls whose values browsers do not remember. */
const FORGOTTEN = new Set(["checkbox", "radio", "file", "date", "datetime-local", "range"]);

/** The tags of all inputs that are typed into. */
function typed(): [string, string][] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".vue"))
    .flatMap((name) =>
      [...readFileSync(SRC + name, "utf8").matchAll(/<input\b(?:[^>"]|"[^"]*")*>/g)]
        .map(([tag]): [string, string] => [name, tag])
        .filter(([, tag]) => !FORGOTTEN.has(/[^:]type="([\w-]+)"/.exec(tag)?.[1] ?? "text")),
    );
}

it("asks browsers not to remember what is typed", () => {
  const all = typed();
  expect(all.length).toBeGreaterThan(40);
  expect(all.filter(([, tag]) => !/autocomplete="(off|new-password)"/.test(tag))).toEqual([]);
});
