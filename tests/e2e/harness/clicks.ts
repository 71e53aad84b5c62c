/** What docs/ops/clicks.md says that tasks take. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Effort } from "./browser";
import { ROOT } from "./processes";

/** Rows of the page's table: the task by its name in the stories, clicks, passphrases. */
export function clicks(): Map<string, Effort> {
  const page = readFileSync(join(ROOT, "docs/ops/clicks.md"), "utf8");
  const rows = page.matchAll(/^\| `([a-z-]+)` \|[^|]*\| (\d+) \| (\d+) \|/gm);
  return new Map(
    [...rows].map(([, task, presses, passphrases]) => [task!, { presses: Number(presses), passphrases: Number(passphrases) }]),
  );
}
