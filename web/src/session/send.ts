/** Sending a signed act: again while nobody answers, since one body counts once. */
import { api, data, Refused, type Schemas } from "@/api";
import { hex } from "@/crypto/bid/encoding";
import type { ActBody, SignedAct } from "@/crypto/contract";

const PAUSES = [400, 1_000, 2_500];
/** The server says itself that trying again helps, or nobody answered. */
const AGAIN = new Set([0, 429, 502, 503, 504]);

/** What another try does not mend. */
const FOR_NOW = new Set(["storage-full", "project-damaged"]);

export const mayTryAgain = (error: unknown): boolean => error instanceof Refused && AGAIN.has(error.status) && !FOR_NOW.has(error.code);

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** An act of a project, or of the platform where `project` is "". */
export async function sendAct(project: string, act: SignedAct): Promise<Schemas["ActReply"]> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await post(project, act);
    } catch (error) {
      // It had arrived, and only its answer was lost: what became of this very act is asked for.
      if (error instanceof Refused && error.code === "replayed") return taken(project, act);
      const wait = PAUSES[tried];
      if (wait === undefined || !mayTryAgain(error)) throw error;
      await pause(wait);
    }
  }
}

async function taken(project: string, act: SignedAct): Promise<Schemas["ActReply"]> {
  const digest = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(act.body))));
  const call = () =>
    project === ""
      ? data(api.GET("/api/v1/platform/acts/{digest}", { params: { path: { digest } } }))
      : data(api.GET("/api/v1/projects/{id}/acts/{digest}", { params: { path: { id: project, digest } } }));
  for (let tried = 0; ; tried += 1) {
    try {
      return await call();
    } catch (error) {
      const wait = PAUSES[tried];
      if (wait === undefined || !mayTryAgain(error)) throw error;
      await pause(wait);
    }
  }
}

/** The exact bytes of the record that an act signs; the vault compares their digest. */
export async function recordOf(project: string, { lot, record }: ActBody): Promise<Uint8Array> {
  const params = { path: { project, lot: String(lot) }, query: { digest: String(record) } };
  const call = api.GET("/api/v1/projects/{project}/lots/{lot}/record.json", { params, parseAs: "arrayBuffer" });
  return new Uint8Array((await data(call)) as unknown as ArrayBuffer);
}

function post(project: string, act: SignedAct): Promise<Schemas["ActReply"]> {
  if (project === "") return data(api.POST("/api/v1/platform/acts", { body: act }));
  return data(api.POST("/api/v1/projects/{id}/acts", { params: { path: { id: project } }, body: act }));
}
