/**
 * Two verifiers of bundles: everything that the tests of `kaibiao-verify` verify, changed
 * in every way that they know, is shown to the page's own, which must say the same.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NotABundle, verifyBundle, type BundleReport, type MadeCheck } from "@/crypto/bundle";
import { CryptoFailure } from "@/crypto/failure";
import { filesIn, archiveOf } from "../archive";

/** A bundle or a policy that a test asked about, and what `kaibiao-verify` said. */
interface Shown {
  test: string;
  policy: string;
  /** Those that were given beside it. */
  receipts?: { name: string; text: string }[];
  unreadable?: true;
  report?: BundleReport;
  code?: string;
  where?: string;
}

/**
 * The faults for which the rules must be replayed: an event that was not lawful then, an
 * end that is none, and an act that makes other facts in the state before it. And those of
 * a detached signature (.p7s), which the page makes and does not read.
 */
const BY_REPLAY = new Set([
  ...["rules unlawful", "rules bundle-end", "authenticity act-unfit"],
  ...["digest", "malformed", "other-certificate", "signature"].map((it) => `authenticity cms-${it}`),
]);

/** Each verifies one edition of an opening in which everything holds. */
const WHOLE = new Set([
  "holds::the_public_edition_holds_and_says_what_is_not_in_it",
  "holds::the_supervisors_edition_holds_and_withholds_nothing",
]);

/** Where they were shown before, so that they are not shown again. */
const folder = process.env["KAIBIAO_SHOWN"] ?? mkdtempSync(join(tmpdir(), "kaibiao-shown-"));

beforeAll(() => {
  if (process.env["KAIBIAO_SHOWN"]) return;
  // Two threads at least: a test is known by its thread's name.
  execFileSync("cargo", ["test", "--quiet", "--locked", "--workspace", "--test", "bundle", "--", "--test-threads", "2"], {
    cwd: resolve(import.meta.dirname, "../../.."),
    env: { ...process.env, KAIBIAO_SHOW: folder },
    stdio: "pipe",
  });
}, 1_800_000);
afterAll(() => {
  if (!process.env["KAIBIAO_SHOWN"]) rmSync(folder, { recursive: true, force: true });
});

const shownIn = () => readdirSync(folder).filter((name) => name.endsWith(".json"));
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Shown;
const bundleOf = (name: string) => new Uint8Array(readFileSync(join(folder, name.replace(".json", ".kev"))));

/** What the page says of it. */
async function asked(shown: Shown, bundle: Uint8Array<ArrayBuffer>): Promise<BundleReport | { code: string; where?: string }> {
  try {
    return await verifyBundle({ bundle, policy: shown.policy, receipts: shown.receipts ?? [] });
  } catch (error) {
    if (error instanceof NotABundle && "file" in error.fault.place) return { code: error.code, where: error.fault.place.file };
    if (error instanceof CryptoFailure) return { code: error.code };
    throw error;
  }
}

/** Time stamps are not checked here. */
const isStamps = ({ check }: MadeCheck) => check === "timestamps";

/** Where two reports of one bundle do not say the same, but for what only a replay shows. */
function differences({ report }: Shown, made: BundleReport, replayed: Set<string>): string[] {
  const theirs = report as BundleReport;
  const byReplay = (it: MadeCheck) => BY_REPLAY.has(`${it.check} ${it.code}`);
  const isUnlawful = theirs.checks.find(({ check }) => check === "rules")?.outcome === "fails";
  const differ = theirs.checks.flatMap((it, at) => {
    const own = made.checks[at] as MadeCheck;
    const { elsewhere, ...told } = own;
    // What rests on the replay is made here without it.
    const isFree = (it.outcome === "not-made" && isUnlawful) || elsewhere === "all" || (byReplay(it) && elsewhere === "part");
    const same = JSON.stringify(Object.entries(told).sort()) === JSON.stringify(Object.entries(it).sort());
    if (isFree && byReplay(it)) replayed.add(`${it.check} ${it.code}`);
    return isFree || same ? [] : [`${it.check}: ${JSON.stringify(it)} there, ${JSON.stringify(own)} here`];
  });
  const sorted = (found: BundleReport["found"]) => JSON.stringify(found.map((it) => Object.entries(it).sort()));
  if (sorted(theirs.found) !== sorted(made.found))
    differ.push(`what is told of somebody: ${sorted(theirs.found)}, here ${sorted(made.found)}`);
  const isSeen = made.verdict === "fails" || theirs.verdict !== "fails";
  const onlyElsewhere = theirs.checks.every((it) => it.outcome !== "fails" || byReplay(it) || isStamps(it));
  if (!isSeen && !onlyElsewhere) differ.push("a survivor");
  return differ;
}

describe("what the other verifier was asked", () => {
  it("gets the same answer here", { timeout: 600_000 }, async () => {
    const names = shownIn();
    expect(names.length).toBeGreaterThan(150);
    const wrong: string[] = [];
    const replayed = new Set<string>();
    let [failing, unread] = [0, 0];
    for (const name of names) {
      const shown = read(name);
      const bundle = shown.unreadable ? new Uint8Array(0) : bundleOf(name);
      const made = await asked(shown, bundle);
      if (!shown.report) {
        unread += 1;
        const { code, where } = made as { code: string; where?: string };
        const expected = shown.unreadable ? "policy-unreadable" : `${shown.code} ${shown.where}`;
        if ((shown.unreadable ? code : `${code} ${where}`) !== expected)
          wrong.push(`${name} (${shown.test}): ${expected}, here ${code} ${where}`);
        continue;
      }
      if (shown.report.verdict === "fails") failing += 1;
      const found = "checks" in made ? differences(shown, made, replayed) : [`here it is not read: ${made.code} ${made.where}`];
      wrong.push(...found.map((it) => `${name} (${shown.test}) ${it}`));
    }
    expect(wrong).toEqual([]);
    // No code is passed over that nothing has.
    expect([...replayed].sort()).toEqual([...BY_REPLAY].sort());
    expect(failing).toBeGreaterThan(80);
    expect(unread).toBeGreaterThan(12);
  });

  it("is believed in no bit that is another", { timeout: 1_800_000 }, async () => {
    const step = Number(process.env["KAIBIAO_FLIPS"] ?? 997);
    // A masked lot's public sheets are of bids that nobody can name: nothing binds what they promise beyond the price.
    const whole = shownIn().map((name) => [name, read(name)] as const);
    const held = whole.filter(([, { test, report }]) => WHOLE.has(test) && report);
    const survivors: string[] = [];
    let flips = 0;
    for (const edition of ["public", "supervisor"]) {
      const [name, shown] = held.find(([, { report }]) => report?.edition === edition) as (typeof held)[number];
      const files = filesIn(bundleOf(name));
      for (const [file, content] of files) {
        for (let bit = flips % 8; bit < content.length * 8; bit += step) {
          const other = content.slice();
          other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
          const made = await asked(shown, archiveOf(new Map([...files, [file, other]])));
          if ("verdict" in made && made.verdict !== "fails") survivors.push(`${edition} ${file}, bit ${bit}`);
          flips += 1;
        }
      }
    }
    expect(survivors).toEqual([]);
    expect(flips).toBeGreaterThan(100);
  });
});
