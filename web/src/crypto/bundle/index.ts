/**
 * Verifies a bundle of evidence on this device (docs/spec/bundle.md): a second
 * implementation, of everything but the replay of the rules. Whoever wants that too
 * asks `kaibiao-verify`; the report says which checks it leaves to it, wholly or in part.
 */
import type { Bytes } from "../bid/types";
import { anchors, log } from "./checks/log";
import { authenticity } from "./checks/authenticity";
import { files } from "./checks/files";
import { kept, receipts } from "./checks/receipts";
import { rechecks } from "./checks/rechecks";
import { notices } from "./checks/notices";
import { record } from "./checks/record";
import { sheets } from "./checks/sheets";
import { statements } from "./checks/statements";
import { complaints, disclosure, platform, rules, tree } from "./checks/stream";
import { terms } from "./checks/terms";
import { readBundle } from "./form";
import { listFound, type Found } from "./found";
import { CHECKS, Findings, NEEDS, placeText, type Check, type OnPart, type Outcome } from "./outcome";
import { ready } from "../suite";
import { readPolicy } from "./policy";
import { readingOf, type Reading } from "./reading";

export { NotABundle } from "./form";
export { CHECKS } from "./outcome";
export type { Found };

/** One check with its outcome, as `kaibiao-verify --json` tells it. */
export interface MadeCheck {
  check: Check | "receipt";
  /** `not-made` with `elsewhere`: this verifier does not make it. */
  outcome: "holds" | "fails" | "withheld" | "not-asked" | "not-made";
  code?: string;
  where?: string;
  withheld?: [number, number];
  /** `kaibiao-verify` makes it (`all`), or the part of it that needs the rules (`part`). */
  elsewhere?: "all" | "part";
}

export type Verdict = "holds" | "holds-without-signers" | "fails";

export interface BundleReport {
  bundle: string;
  checks: MadeCheck[];
  edition: "public" | "supervisor";
  found: Found[];
  project: string;
  /** Of the checks that are made here. */
  verdict: Verdict;
  /** Whether the policy asks for the other edition. */
  lacksEdition: boolean;
}

export interface BundleRequest {
  bundle: Bytes;
  /** The policy's text. */
  policy: string;
  /** Receipts that somebody has kept. */
  receipts?: { name: string; text: string }[];
}

/** Told before each check is made, and from within the long ones: `done` is a fraction then. */
export type OnCheck = (at: { done: number; total: number; check: Check }) => void;

type Make = (reading: Reading, onPart: OnPart) => Findings | undefined | Promise<Findings | undefined>;

const MAKE: Record<Check, Make> = {
  // Whatever is not in form was not read.
  form: () => new Findings(),
  platform,
  tree,
  disclosure,
  files,
  rules,
  complaints,
  log,
  anchors,
  statements,
  timestamps: () => undefined,
  terms,
  notices,
  receipts,
  authenticity,
  sheets,
  record,
  rechecks,
};

/** Throws `NotABundle`, and for a policy that cannot be used `policy-unreadable`. */
export async function verifyBundle(
  { bundle: bytes, policy, receipts: given = [] }: BundleRequest,
  onCheck?: OnCheck,
): Promise<BundleReport> {
  const believed = readPolicy(policy);
  const bundle = await readBundle(bytes);
  await ready(...bundle.terms.values());
  const reading = readingOf(bundle, believed);
  const made = new Map<Check, Outcome>();
  for (const [done, check] of CHECKS.entries()) {
    const at = (part: number) => onCheck?.({ done: done + part, total: CHECKS.length, check });
    at(0);
    made.set(check, await outcomeOf(check, reading, made, parts(at)));
  }
  const checks = [...made].map(([check, outcome]) => told(check, outcome, reading));
  for (const { name, text } of given) checks.push(receipt(name, await kept(reading, name, text)));
  const isOver = (outcome: MadeCheck["outcome"]) => checks.some((it) => it.outcome === outcome && it.elsewhere !== "all");
  return {
    bundle: bundle.digest,
    checks,
    edition: bundle.head.edition,
    found: listFound(reading),
    project: bundle.head.project,
    verdict: isOver("fails") || isOver("not-made") ? "fails" : isOver("withheld") ? "holds-without-signers" : "holds",
    lacksEdition: believed.needsSupervisor && reading.isPublic,
  };
}

/** Tells no more than a hundred times of a check. */
function parts(tell: (part: number) => void): OnPart {
  let told = 0;
  return (done, all) => {
    const now = Math.floor((100 * done) / all);
    if (now > told) tell(now / 100);
    told = now;
  };
}

async function outcomeOf(check: Check, reading: Reading, made: Map<Check, Outcome>, onPart: OnPart): Promise<Outcome> {
  const isDown = (need: Check) => ["fails", "not-made"].includes(made.get(need)?.outcome ?? "");
  if ((NEEDS[check] ?? []).some(isDown)) return { outcome: "not-made" };
  if (check === "timestamps" && reading.policy.hasStamps) return { outcome: "elsewhere" };
  const findings = await MAKE[check](reading, onPart);
  if (!findings) return { outcome: "not-asked" };
  return findings.outcome(check === "rules" ? "elsewhere" : "holds");
}

/** Whether something of this edition is left: acts decided again, records made again, and the detached signature that an act carries (.p7s). */
function isPart(check: Check, reading: Reading): boolean {
  const isLeft = check === "authenticity" || check === "record" || check === "notices";
  return (isLeft && !reading.isPublic) || (check === "authenticity" && reading.events.some(carriesDetached));
}

function carriesDetached({ facts, details }: Reading["events"][number]): boolean {
  const kind = facts?.what.kind;
  if (!details?.signed || (kind !== "record_signed" && kind !== "countersigned")) return false;
  return "cms" in (JSON.parse(details.signed.body) as object);
}

function told(check: Check, outcome: Outcome, reading: Reading): MadeCheck {
  switch (outcome.outcome) {
    case "elsewhere":
      return { check, outcome: "not-made", elsewhere: "all" };
    case "fails":
      return { check, outcome: "fails", code: outcome.fault.code, where: placeText(outcome.fault.place) };
    case "withheld":
      return { check, outcome: "withheld", withheld: outcome.withheld, ...(isPart(check, reading) ? { elsewhere: "part" } : {}) };
    case "holds":
      return { check, outcome: "holds", ...(isPart(check, reading) ? { elsewhere: "part" } : {}) };
    default:
      return { check, outcome: outcome.outcome };
  }
}

function receipt(name: string, outcome: Outcome): MadeCheck {
  const made: MadeCheck = { check: "receipt", outcome: outcome.outcome === "elsewhere" ? "not-made" : outcome.outcome, where: name };
  if (outcome.outcome === "fails") return { ...made, code: outcome.fault.code };
  return outcome.outcome === "not-asked" ? { ...made, code: "receipt-foreign" } : made;
}
