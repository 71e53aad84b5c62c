/**
 * Lets go of b: finds everything, proves everything, signs, sends until there
 * is an answer and verifies the answer (docs/ops/threats.md, 3).
 */
import { api, data, Refused, type Schemas } from "@/api";
import { vault } from "@/crypto/client";
import type { OnSteps, OtherKey, SignedAct, Statement, Step } from "@/crypto/contract";
import { Course } from "@/crypto/course";
import { CryptoFailure } from "@/crypto/failure";
import type { SessionStore } from "@/session";
import { whenCosigned } from "@/session/cosigned";
import { mayTryAgain, sendAct } from "@/session/send";
import { fetchReceipt, termsOf } from "./submission";
import { wire } from "./transfer";
import type { Record } from "./types";

export interface Unlocking {
  record: Record;
  session: SessionStore;
  with?: OtherKey;
  onSteps?: OnSteps;
  save(): Promise<void>;
  /** Goes into the log of attempts. */
  note(what: string, code?: string): Promise<void>;
}

/** What the vault checks; it tells of each. */
const VAULT = [
  "unlock-terms",
  "unlock-header",
  "unlock-closing",
  "unlock-list",
  "unlock-receipt",
  "unlock-tree",
  "unlock-clock",
  "unlock-log",
  "unlock-open",
  "unlock-sign",
];
const LAST = ["unlock-send", "unlock-acknowledged"];
/** While nobody answers the act is sent again for so long, ms; then the person decides. */
const PATIENCE = 120_000;

/** Resolves when the platform's acknowledgement is verified and kept. */
export async function unlock(job: Unlocking): Promise<void> {
  const show = job.onSteps;
  const first = new Course(["unlock-find"], (steps) => show?.([...steps, ...waiting(["unlock-statement", ...VAULT, ...LAST])]));
  const found = await first.run("unlock-find", () => find(job));
  const waits = () => job.note("waiting", "log-quorum");
  const { act, steps } = await whenCosigned((show) => proved(job, found, first.steps, show), { show, waits });
  const last = new Course(LAST, show, steps);
  const acknowledgement = await last.run("unlock-send", () => send(job, act));
  await last.run("unlock-acknowledged", () => keep(job, acknowledgement, found));
}

/** The signed unlock, once everything is proved by what the platform says now; nothing has left yet. */
async function proved(job: Unlocking, found: Found, before: Step[], show: OnSteps): Promise<{ act: SignedAct; steps: Step[] }> {
  const fetching = new Course(["unlock-statement"], (steps) => show([...steps, ...waiting([...VAULT, ...LAST])]), before);
  const { closing, inclusion, proof } = await fetching.run("unlock-statement", () => closingOf(job));
  let checks: Step[] = waiting(VAULT);
  const { act } = await vault().unlock(
    {
      place: { origin: found.origin, project: job.record.project },
      terms: found.terms,
      header: found.header,
      bid: job.record.bid,
      closing,
      proof: proof ?? null,
      ...(inclusion ? { inclusion } : {}),
      receipt: found.receipt,
      // This machine's own clock: the server's word for the time is not enough.
      now: Date.now(),
      ...(job.with ? { with: job.with } : {}),
    },
    (steps) => {
      checks = steps;
      show([...fetching.steps, ...steps, ...waiting(LAST)]);
    },
  );
  return { act, steps: [...fetching.steps, ...checks] };
}

const waiting = (codes: string[]): Step[] => codes.map((code) => ({ code, state: "waiting" }));

interface Found {
  header: Uint8Array;
  terms: string;
  receipt: Statement;
  origin: string;
}

/** From this device, else from the server; the vault holds them against each other. */
async function find({ record, session, save }: Unlocking): Promise<Found> {
  await session.unlocked();
  const header = (record.header ??= await fetchHeader(session, record));
  const terms = (record.terms ??= await session.inSession(() => termsOf(record)));
  const receipt = (record.receipt ??= await session.inSession(() => fetchReceipt(session, record)));
  await save();
  return { header, terms, receipt, origin: (await session.platform()).origin };
}

export async function fetchHeader(session: SessionStore, { project, bid }: Record): Promise<Uint8Array> {
  const call = () =>
    data(api.GET("/api/v1/projects/{project}/bids/{bid}/header", { params: { path: { project, bid } }, parseAs: "arrayBuffer" }));
  return new Uint8Array((await session.inSession(call)) as unknown as ArrayBuffer);
}

async function closingOf({ record, session }: Unlocking): Promise<Schemas["ClosingView"]> {
  const { project, bid } = record;
  return patiently(() =>
    session.inSession(() => data(api.GET("/api/v1/projects/{project}/closing", { params: { path: { project }, query: { bid } } }))),
  );
}

/** One body counts once, so it may be sent as often as needed. */
async function send(job: Unlocking, act: SignedAct): Promise<Statement> {
  const { record, session } = job;
  const { project } = record;
  record.unlockActs = [...(record.unlockActs ?? []), act.body];
  await job.save();
  try {
    const reply = await patiently(async () => {
      await job.note("sending");
      return session.inSession(() => sendAct(project, act));
    });
    const { acknowledgement } = (reply.reply ?? {}) as { acknowledgement?: Statement };
    if (!acknowledgement) throw new CryptoFailure("acknowledgement-missing");
    return acknowledgement;
  } catch (error) {
    // Another act has unlocked it before, and the platform says so under its signature.
    if (error instanceof Refused && error.code === "already-done") return acknowledged(job);
    throw error;
  }
}

/** The acknowledgement of an unlock that was made before. */
async function acknowledged({ record, session }: Unlocking): Promise<Statement> {
  if (record.acknowledgement) return record.acknowledgement;
  const { project, bid } = record;
  return session.inSession(() =>
    data(api.GET("/api/v1/projects/{project}/bids/{bid}/acknowledgement", { params: { path: { project, bid } } })),
  );
}

async function keep(job: Unlocking, acknowledgement: Statement, { terms, header }: Found): Promise<void> {
  const { record } = job;
  const told = await anyOf([...(record.unlockActs ?? [])].reverse(), (sent) =>
    vault().checkAcknowledgement(acknowledgement, sent, { terms, header }),
  );
  record.acknowledgement = acknowledgement;
  record.unlockedAt = told.received;
  record.state = "unlocked";
  await job.note("acknowledged");
}

/** The platform may acknowledge an earlier try, whose answer was lost. */
async function anyOf<T, R>(values: T[], check: (value: T) => Promise<R>): Promise<R> {
  let failure: unknown = new CryptoFailure("acknowledgement-missing");
  for (const value of values) {
    try {
      return await check(value);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Tries again while nobody answers. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const until = Date.now() + PATIENCE;
  for (let tried = 0; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (!mayTryAgain(error) || Date.now() > until) throw error;
      await wire.wait(Math.min(5_000, 300 * 2 ** tried));
    }
  }
}
