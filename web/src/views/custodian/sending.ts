/** Releasing and rescuing: proved in the vault, kept on this device, and only then sent. */
import { api, data, Refused } from "@/api";
import { certifiedIn, fetchLists } from "@/api/lists";
import { vault } from "@/crypto/client";
import type { AcceptedAct, AcceptedSet, LockedKeyFile, OnSteps, Withheld } from "@/crypto/contract";
import type { SessionStore } from "@/session";
import { sendAct } from "@/session/send";
import { keepRelease, keepRescue, markSent, moveIn, releasedBefore, rescuedBids } from "./kept";
import type { Root } from "./roots";

export interface Opening {
  project: string;
  lot: string;
  keyfile: LockedKeyFile;
  roots: readonly Root[];
}

/** Answers for a lot's accepted bids; gives those of which no share was released, and why. */
export async function releaseLot(session: SessionStore, opening: Opening, onSteps: OnSteps): Promise<Withheld[]> {
  const { project, lot, keyfile } = opening;
  await session.unlocked();
  const path = { project, lot };
  const terms = await termsText(project, lot);
  const accepted = (await session.inSession(() =>
    data(api.GET("/api/v1/projects/{project}/lots/{lot}/accepted", { params: { path } })),
  )) as unknown as AcceptedSet;
  await moveIn([project]);
  const before = await releasedBefore(project, lot);
  const request = {
    project,
    lot,
    terms,
    keyfile,
    accepted,
    rescued: await rescuedBids(project),
    ...(before ? { before: before.released } : {}),
    ...(await believed(session, opening, [...certifiedIn(terms), ...accepted.bids.map(({ unlock }) => unlock)])),
  };
  const { act, released, withheld } = await vault().release(request, onSteps);
  await keepRelease(released);
  try {
    await session.inSession(() => sendAct(project, act));
  } catch (error) {
    if (!(error instanceof Refused && error.code === "already-done")) throw error;
  }
  await markSent(released);
  return withheld;
}

/** Gives this custodian's rescue share for one bid. */
export async function rescueBid(session: SessionStore, opening: Opening, bid: string, onSteps: OnSteps): Promise<void> {
  const { project, lot, keyfile } = opening;
  await session.unlocked();
  const terms = await termsText(project, lot);
  const closing = await data(api.GET("/api/v1/projects/{project}/closing", { params: { path: { project }, query: { bid } } }));
  const header = await session.inSession(() =>
    data(api.GET("/api/v1/projects/{project}/bids/{bid}/header", { params: { path: { project, bid } }, parseAs: "arrayBuffer" })),
  );
  const order = (await session.inSession(() =>
    data(api.GET("/api/v1/projects/{project}/bids/{bid}/rescue-order", { params: { path: { project, bid } } })),
  )) as unknown as AcceptedAct;
  const request = {
    project,
    lot,
    terms,
    keyfile,
    bid,
    closing: closing.closing,
    closingProof: closing.proof ?? null,
    order,
    header: new Uint8Array(header as unknown as ArrayBuffer),
    ...(await believed(session, opening, [...certifiedIn(terms), order])),
  };
  const act = await vault().rescue(request, onSteps);
  await keepRescue(project, bid);
  try {
    await session.inSession(() => sendAct(project, act));
  } catch (error) {
    if (!(error instanceof Refused && error.code === "already-done")) throw error;
  }
}

/** The exact bytes: their digest is what bids were sealed under. */
async function termsText(project: string, lot: string): Promise<string> {
  const path = { id: project, lot };
  return (await data(api.GET("/api/v1/projects/{id}/lots/{lot}/terms", { params: { path }, parseAs: "text" }))) as unknown as string;
}

/** By this machine's clock, not the server's: T0 must have passed by it. */
async function believed(session: SessionStore, opening: Opening, acts: (AcceptedAct | null | undefined)[]) {
  const { cas } = await session.platform();
  return { roots: opening.roots.map((root) => root.pem), cas, lists: await fetchLists(acts), now: Date.now() };
}
