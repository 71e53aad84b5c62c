/** Bundles of real openings, with the report that the other implementation gives of each: crypto/vectors/bundle. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { verifyBundle, type BundleReport, type MadeCheck } from "@/crypto/bundle";

const FOLDER = fileURLToPath(new URL("../../crypto/vectors/bundle/", import.meta.url));
const text = (name: string) => readFileSync(FOLDER + name, "utf8");
const bundle = (name: string) => new Uint8Array(readFileSync(`${FOLDER}${name}.kev`));
const OPENINGS = ["plain", "masked", "failed", "cancelled"];
const EDITIONS = OPENINGS.flatMap((opening) => [
  { opening, edition: opening },
  { opening, edition: `${opening}.supervisor` },
]);

/** What both make, and how each ends. */
const shared = (checks: MadeCheck[]) => checks.filter(({ check }) => check !== "rules").map(({ elsewhere: _, ...it }) => it);

describe("every bundle", () => {
  it.each(EDITIONS)("gives the report of its vector, but for the rules: $edition", async ({ opening, edition }) => {
    const made = await verifyBundle({ bundle: bundle(edition), policy: text(`${opening}.policy.json`) });
    const kept = JSON.parse(text(`${edition}.report.json`)) as BundleReport;
    expect(shared(made.checks)).toEqual(shared(kept.checks));
    expect(made.checks.find(({ check }) => check === "rules")).toEqual({ check: "rules", outcome: "not-made", elsewhere: "all" });
    const { bundle: digest, edition: told, found, project, verdict } = kept;
    expect(made).toMatchObject({ bundle: digest, edition: told, found, project, verdict });
  });

  it.each(OPENINGS)("is believed for what its platform signed and for nothing of another's: %s", async (opening) => {
    const other = OPENINGS[(OPENINGS.indexOf(opening) + 1) % OPENINGS.length];
    const made = await verifyBundle({ bundle: bundle(`${opening}.supervisor`), policy: text(`${other}.policy.json`) });
    expect(made.verdict).toBe("fails");
  });
});
