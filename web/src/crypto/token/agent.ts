/** Speaks with the token agent on this machine (docs/spec/token-agent.md). Used by the page to pair, and by the worker for the rest. */
import { CryptoFailure } from "../failure";

/** Where it listens unless the person says otherwise. */
export const PORT = 27182;

/** A pairing: which agent, and the secret it gave this page. Cloned into the browser's store as it is. */
export interface Pairing {
  port: number;
  /** Base64 of 32 bytes. */
  secret: string;
}

/** A certificate that the agent holds (its `certificates`). */
export interface HeldCertificate {
  /** SHA-256 of the DER. */
  certificate: string;
  /** Base64 DER, its own first. */
  chain: string[];
  /** The id of its key, where that opens wraps. */
  key: string | null;
  sign: boolean;
  open: boolean;
  algorithm: string | null;
  kind: string | null;
}

export interface AgentStatus {
  holder: "token" | "file";
  label: string;
  state: "ready" | "locked" | "blocked" | "absent" | "asking";
  tries: number | null;
}

/** Codes that mean the same wherever a wrap is opened. */
const COMMON = new Set(["wrap-other-key", "wrap-not-opened", "wrap-not-bound", "secret-mismatch"]);
/** These wait for the person, who has to look at another window. */
const ASKS = new Set(["sign", "rehearse", "unlock", "locker"]);
/** An answer that takes longer than this has a question behind it, ms. */
const SOON = 600;

/** The agent shows a code in its own window. */
export const begin = (port: number): Promise<{ seconds: number }> => ask(port, "pair/begin", {});

/** The secret for the code that the person carried over. */
export async function pair(port: number, code: string): Promise<Pairing> {
  const { secret } = await ask<{ secret: string }>(port, "pair", { code: code.replace(/\D/g, "") });
  return { port, secret };
}

/** Asks what a paired page may ask. */
export const asPaired = <T>({ port, secret }: Pairing, path: string, body: object): Promise<T> => ask<T>(port, path, body, secret);

export const statusOf = (pairing: Pairing): Promise<AgentStatus> => asPaired(pairing, "status", {});

export const certificatesOf = (pairing: Pairing): Promise<{ certificates: HeldCertificate[]; roots: string[] }> =>
  asPaired(pairing, "certificates", {});

async function ask<T>(port: number, path: string, body: object, secret?: string): Promise<T> {
  const done = ASKS.has(path) ? waiting() : undefined;
  let reply: Response;
  try {
    reply = await fetch(`http://127.0.0.1:${port}/kaibiao/1/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }) },
      body: JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
    });
  } catch {
    // Not running, not allowed by the browser, or not this page's: the browser does not tell which.
    throw new CryptoFailure("token-agent-unreachable", { port });
  } finally {
    done?.();
  }
  const answer = (await reply.json().catch(() => null)) as T | null;
  if (reply.ok && answer !== null) return answer;
  throw failure(answer as { code?: unknown; tries?: unknown; detail?: unknown } | null);
}

function failure(told: { code?: unknown; tries?: unknown; detail?: unknown } | null): CryptoFailure {
  const code = typeof told?.code === "string" ? told.code : "token-failed";
  if (COMMON.has(code)) return new CryptoFailure(code);
  const tries = typeof told?.tries === "number" ? told.tries : undefined;
  // With and without the number of tries the sentence is another one.
  const known = code === "pin-wrong" && tries === undefined ? "pin-wrong-untold" : code;
  return new CryptoFailure(`token-agent-${known}`, {
    ...(tries === undefined ? {} : { tries }),
    reason: typeof told?.detail === "string" ? told.detail : "",
  });
}

const CHANNEL = "kaibiao-token-agent";

/** Tells the pages that a question may stand in the agent's window, until the answer is called. */
function waiting(): () => void {
  if (typeof BroadcastChannel === "undefined") return () => undefined;
  const id = crypto.randomUUID();
  let channel: BroadcastChannel | undefined;
  const timer = setTimeout(() => {
    channel = new BroadcastChannel(CHANNEL);
    channel.postMessage({ id, waiting: true });
  }, SOON);
  return () => {
    clearTimeout(timer);
    channel?.postMessage({ id, waiting: false });
    channel?.close();
  };
}

/** Hears whether any request waits for the person; the answer ends it. */
export function onWaiting(hear: (waits: boolean) => void): () => void {
  if (typeof BroadcastChannel === "undefined") return () => undefined;
  const open = new Set<string>();
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", ({ data }: MessageEvent<{ id: string; waiting: boolean }>) => {
    if (data.waiting) open.add(data.id);
    else open.delete(data.id);
    hear(open.size > 0);
  });
  return () => channel.close();
}
