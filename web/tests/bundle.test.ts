/** Bundles of real openings, with the report that the other implementation gives of each: crypto/vectors/bundle. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CHECKS, verifyBundle, type BundleReport, type MadeCheck, type OnCheck } from "@/crypto/bundle";
import { readArchive } from "@/crypto/bundle/archive";
import { archiveOf, filesIn } from "./archive";

const FOLDER = fileURLToPath(new URL("../../crypto/vectors/bundle/", import.meta.url));
const text = (name: string) => readFileSync(FOLDER + name, "utf8");
const bundle = (name: string) => new Uint8Array(readFileSync(`${FOLDER}${name}.kev`));
const OPENINGS = ["plain", "masked", "failed", "cancelled", "notices"];
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

describe("a changed bundle", () => {
  const whole = bundle("plain.supervisor");
  const policy = text("plain.policy.json");

  it("is seen wherever a bit of a file is another", async () => {
    const files = filesIn(whole);
    expect(archiveOf(files)).toEqual(whole);
    const survivors: string[] = [];
    for (const [file, content] of files) {
      for (let bit = 5; bit < content.length * 8; bit += 19_997) {
        const other = content.slice();
        other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
        const found = await verifyBundle({ bundle: archiveOf(new Map([...files, [file, other]])), policy }).catch(() => undefined);
        if (found && found.verdict !== "fails") survivors.push(`${file}, bit ${bit}`);
      }
    }
    expect(survivors).toEqual([]);
  });

  it("is no bundle where a bit of the archive around the files is another, a byte is missing or one too many", () => {
    const files = filesIn(whole);
    const bodies = [...files].reduce((sum, [name, content]) => sum + 30 + name.length + content.length, 0);
    const [first] = [...files.keys()] as [string];
    const around = [...Array(30 + first.length).keys(), ...Array.from({ length: whole.length - bodies }, (_, at) => bodies + at)];
    for (const at of around) {
      const other = whole.slice();
      other[at] = (other[at] as number) ^ (1 << (at % 8));
      expect(readArchive(other), `byte ${at}`).toBe("form");
    }
    expect(readArchive(whole.slice(1))).toBe("form");
    expect(readArchive(whole.slice(0, -1))).toBe("form");
    expect(readArchive(new Uint8Array([...whole, 0]))).toBe("form");
    expect(readArchive(new Uint8Array(0))).toBe("form");
  });

  it("lacks what its edition withholds, where the policy asks for more", async () => {
    const asks = JSON.stringify({ ...JSON.parse(policy), edition: "supervisor" });
    expect(await verifyBundle({ bundle: bundle("plain"), policy: asks })).toMatchObject({ lacksEdition: true });
    expect(await verifyBundle({ bundle: whole, policy: asks })).toMatchObject({ lacksEdition: false });
  });
});

it("tells how far it has come, and never goes back", async () => {
  const told: Parameters<OnCheck>[0][] = [];
  await verifyBundle({ bundle: bundle("plain.supervisor"), policy: text("plain.policy.json") }, (at) => told.push(at));
  const done = told.map((at) => at.done);
  expect(done).toEqual([...done].sort((one, other) => one - other));
  expect(new Set(told.map(({ check }) => check)).size).toBe(CHECKS.length);
  expect(done.some((it) => it % 1 > 0)).toBe(true);
});

describe("a policy", () => {
  const own = JSON.parse(text("masked.policy.json")) as Record<string, unknown>;
  const refused: [string, string][] = [
    ["no JSON", "{"],
    ["a member twice", JSON.stringify(own).replace("{", '{"quorum":0,')],
    ["a member twice within", JSON.stringify(own).replace('"revocation":', '"revocation":"best-effort","revocation":')],
    ["a member that is not known", JSON.stringify({ ...own, more: 1 })],
    ["another format", JSON.stringify({ ...own, format: "kaibiao/2 policy" })],
    ["a key twice", JSON.stringify({ ...own, receipt_key: own["statement_key"] })],
    ["a quorum of no more than half", JSON.stringify({ ...own, quorum: 5 })],
    ["another platform's log", JSON.stringify({ ...own, origin: "kaibiao.other" })],
    ["a list where an object is meant", JSON.stringify([own])],
  ];

  it.each(refused)("is not used with %s", async (_, policy) => {
    await expect(verifyBundle({ bundle: bundle("masked"), policy })).rejects.toMatchObject({ code: "policy-unreadable" });
  });

  it("is read in any spelling", async () => {
    const spelt = JSON.stringify(Object.fromEntries(Object.entries(own).reverse()), null, 4);
    expect((await verifyBundle({ bundle: bundle("masked"), policy: spelt })).verdict).toBe("holds-without-signers");
  });
});
