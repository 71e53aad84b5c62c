/** The environment check: what is looked at, and what was found. No texts: i18n `public.check`. */
import { api, data, Refused, type Schemas } from "@/api";
import { vault } from "@/crypto/client";
import type { KeyInfo } from "@/crypto/contract";
import { failureOf } from "@/crypto/failure";
import { failureText } from "@/i18n/failures";
import { clockError, clockOffset, synchronise } from "@/room/clock";
import { bytes } from "@/ui/bytes";
import { dateTime, duration } from "@/ui/format";

export const ITEMS = [
  "secure",
  "crypto",
  "storage",
  "worker",
  "clock",
  "socket",
  "upload",
  "certificate",
  "revocation",
  "validity",
  "seal",
] as const;
export type Item = (typeof ITEMS)[number];
export type State = "ok" | "warning" | "bad" | "skipped";

export interface Finding {
  item: Item;
  state: State;
  /** Key below i18n `public.check`. */
  key: string;
  params?: Record<string, string | number>;
  /** The server's own words, where it judged. */
  told?: { zh: string; en: string };
}

interface Surroundings {
  /** T0 of the project in question. */
  t0?: number;
  /** A project whose live room can be tried. */
  project?: string;
  /** The suite of that project. */
  suite?: "intl" | "gm";
  key: KeyInfo | null;
}

/** Space that a large bid needs, bytes. */
const ROOM = 2_000_000_000;
/** Below this the clock is told to be right, ms. */
const CLOCK = 2_000;
/** Upload speeds below this are slow, bytes a second. */
const SLOW = 250_000;
const DAY = 86_400_000;

/** Runs all checks, one after the other, and tells each finding as it is made. */
export async function check(around: Surroundings, found: (finding: Finding) => void, begin: (item: Item) => void): Promise<void> {
  const run = async (item: Item, look: () => Promise<Omit<Finding, "item">>) => {
    begin(item);
    found({ item, ...(await look()) });
  };
  await run("secure", async () => (isSecureContext ? ok("secureOk") : bad("secureBad")));
  await run("crypto", () => algorithms(around));
  await run("storage", storage);
  await run("worker", worker);
  await run("clock", clock);
  await run("socket", () => socket(around.project));
  await run("upload", upload);
  const judged = await judge(around);
  await run("certificate", async () => judged.certificate);
  await run("revocation", async () => judged.revocation);
  await run("validity", async () => validity(around));
  await run("seal", () => seal(around));
}

const ok = (key: string, params?: Finding["params"]): Omit<Finding, "item"> => ({ state: "ok", key, params });
const warning = (key: string, params?: Finding["params"]): Omit<Finding, "item"> => ({ state: "warning", key, params });
const bad = (key: string, params?: Finding["params"]): Omit<Finding, "item"> => ({ state: "bad", key, params });
const skipped = (key: string): Omit<Finding, "item"> => ({ state: "skipped", key });

/** Of which suite is what is tried: the project's, else that of the certificate. */
const suiteOf = ({ suite, key }: Surroundings) => suite ?? (key?.signing.key === "sm2" ? "gm" : "intl");

async function algorithms(around: Surroundings): Promise<Omit<Finding, "item">> {
  if (!globalThis.crypto?.subtle) return bad("cryptoBad", { names: "WebCrypto" });
  if (suiteOf(around) === "gm" && !globalThis.WebAssembly) return bad("cryptoBad", { names: "WebAssembly (SM2, SM3, SM4)" });
  const subtle = crypto.subtle;
  const curve = { namedCurve: "P-256" };
  const rsa = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
  const needed: [string, () => Promise<unknown>][] = [
    ["AES-GCM", () => subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"])],
    ["ECDH P-256", () => subtle.generateKey({ name: "ECDH", ...curve }, false, ["deriveBits"])],
    ["ECDSA P-256", () => subtle.generateKey({ name: "ECDSA", ...curve }, false, ["sign"])],
    ["RSA-OAEP", () => subtle.generateKey({ name: "RSA-OAEP", ...rsa }, false, ["decrypt"])],
    ["SHA-256", () => subtle.digest("SHA-256", new Uint8Array(1))],
  ];
  const missing = await lacking(needed);
  if (missing.length) return bad("cryptoBad", { names: missing.join(", ") });
  const ed = await lacking([["Ed25519", () => subtle.generateKey("Ed25519", false, ["sign"])]]);
  return ok(ed.length ? "cryptoEd" : "cryptoOk");
}

async function lacking(wanted: [string, () => Promise<unknown>][]): Promise<string[]> {
  const tried = await Promise.allSettled(wanted.map(([, make]) => make()));
  return wanted.filter((_, index) => tried[index]?.status === "rejected").map(([name]) => name);
}

async function storage(): Promise<Omit<Finding, "item">> {
  try {
    const folder = await navigator.storage.getDirectory();
    await folder.getFileHandle("kaibiao-check", { create: true });
    await folder.removeEntry("kaibiao-check");
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    const free = bytes(quota - usage);
    return quota - usage < ROOM ? warning("storageLow", { free }) : ok("storageOk", { free });
  } catch {
    return warning("storageBad");
  }
}

async function worker(): Promise<Omit<Finding, "item">> {
  try {
    await within(10_000, vault().info());
    return ok("workerOk");
  } catch {
    return bad("workerBad");
  }
}

async function clock(): Promise<Omit<Finding, "item">> {
  try {
    await synchronise(5);
  } catch {
    return bad("clockBad");
  }
  const offset = clockOffset.value;
  if (Math.abs(offset) > CLOCK) return warning("clockOff", { offset: duration(Math.round(Math.abs(offset) / 1000)) });
  return ok("clockOk", { offset, error: Math.ceil(clockError.value) });
}

async function socket(project: string | undefined): Promise<Omit<Finding, "item">> {
  const id = project ?? (await data(api.GET("/api/v1/projects")).catch(() => undefined))?.projects[0]?.id;
  if (!id) return skipped("socketNone");
  const address = new URL(`/api/v1/openings/${id}/live?after=0`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const begun = performance.now();
  const live = new WebSocket(address);
  try {
    await within(
      8_000,
      new Promise<void>((resolve, reject) => {
        live.onmessage = () => resolve();
        live.onerror = () => reject(new Error("socket"));
        live.onclose = () => reject(new Error("closed"));
      }),
    );
    const ms = Math.round(performance.now() - begun);
    return ms > 2_000 ? warning("socketSlow", { ms }) : ok("socketOk", { ms });
  } catch {
    return warning("socketBad");
  } finally {
    live.close();
  }
}

async function upload(): Promise<Omit<Finding, "item">> {
  try {
    let sent = await send(256 * 1024);
    // A fast line needs more than that to be measured.
    if (sent.seconds < 0.5) sent = await send(4 * 1024 * 1024);
    const rate = sent.size / Math.max(sent.seconds, 0.001);
    const params = { rate: bytes(Math.round(rate)), time: duration(Math.ceil(100_000_000 / rate)) };
    return rate < SLOW ? warning("uploadSlow", params) : ok("uploadOk", params);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return skipped("uploadNone");
    return warning("uploadBad");
  }
}

async function send(size: number): Promise<{ size: number; seconds: number }> {
  const body = new Uint8Array(size);
  // Incompressible, as ciphertext is; random bytes come in pieces of 64 KiB.
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(body.subarray(at, Math.min(size, at + 65_536)));
  const begun = performance.now();
  await data(
    api.POST("/api/v1/probe", {
      body: body as unknown as never,
      bodySerializer: (it: unknown) => it as BodyInit,
      headers: { "Content-Type": "application/octet-stream" },
    }),
  );
  return { size, seconds: (performance.now() - begun) / 1000 };
}

type Judged = { certificate: Omit<Finding, "item">; revocation: Omit<Finding, "item"> };

/** Both certificates of a pair, as the server would judge them at a login and at T0. */
async function judge({ key, t0, suite }: Surroundings): Promise<Judged> {
  if (!key) return { certificate: skipped("certificateNone"), revocation: skipped("certificateNone") };
  const lacks = !key.signing.sign ? "sign" : !key.encryption.encrypt ? "encrypt" : undefined;
  const { organisationName: organisation, person, issuer } = key.signing;
  try {
    const views = await Promise.all([asked(key.chain, "sign", t0), asked(await encryptionChain(key), "encrypt", t0)]);
    const wrong = views.find((view) => view.problem);
    const revoked = views.some((view) => view.problem?.code === "certificate-revoked");
    const until = Math.min(...views.map((view) => view.revocation_until ?? Number.POSITIVE_INFINITY));
    const certificate = wrong?.problem
      ? { ...bad("certificateBad", { why: "" }), told: { zh: wrong.problem.detail_zh, en: wrong.problem.detail_en } }
      : lacks
        ? bad("certificateUse", { lacks })
        : suite === "gm" && key.signing.key !== "sm2"
          ? warning("certificateNotSm2")
          : suite === "intl" && key.encryption.key === "sm2"
            ? warning("certificateSigns")
            : ok("certificateOk", { organisation, person, issuer });
    const revocation = revoked
      ? bad("revocationBad")
      : views.every((view) => view.revocation_checked)
        ? ok("revocationOk", { time: dateTime(until) })
        : warning("revocationUnknown");
    return { certificate, revocation };
  } catch {
    return { certificate: warning("uploadBad"), revocation: warning("revocationUnknown") };
  }
}

function asked(chain: string[], use: "sign" | "encrypt", at: number | undefined): Promise<Schemas["CertificateView"]> {
  return data(api.POST("/api/v1/certificates/check", { body: { chain, use, at } }));
}

/** The chain beginning with the encryption certificate, which of a pair is another than the signer's. */
async function encryptionChain(key: KeyInfo): Promise<string[]> {
  if (key.encryption.digest === key.signing.digest) return key.chain;
  for (const [index, der] of key.chain.entries()) {
    const raw = Uint8Array.from(atob(der), (it) => it.charCodeAt(0));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", raw));
    const hex = Array.from(digest, (it) => it.toString(16).padStart(2, "0")).join("");
    if (hex === key.encryption.digest) return [der, ...key.chain.filter((_, other) => other !== index)];
  }
  return key.chain;
}

/** Until when the certificates last, and whether that covers T0. */
export function validity({ key, t0 }: Surroundings, now = Date.now()): Omit<Finding, "item"> {
  if (!key) return skipped("certificateNone");
  const end = Math.min(key.signing.notAfter, key.encryption.notAfter);
  const until = dateTime(end);
  if (end < now) return bad("validityBad", { until });
  if (t0 !== undefined && t0 > now && end < t0) return bad("validityBeforeT0", { until, t0: dateTime(t0) });
  const days = Math.floor((end - now) / DAY);
  if (days < 30) return warning("validitySoon", { until, days });
  return t0 !== undefined && t0 > now ? ok("validityT0", { until, t0: dateTime(t0) }) : ok("validityOk", { until });
}

async function seal(around: Surroundings): Promise<Omit<Finding, "item">> {
  if (!around.key) return skipped("sealNone");
  try {
    const { milliseconds, own } = await vault().selfTest(suiteOf(around));
    return ok(own ? "sealOk" : "sealMade", { time: `${(milliseconds / 1000).toFixed(1)} s` });
  } catch (error) {
    const failure = failureOf(error);
    return bad("sealBad", { why: failureText(failure) ?? failure.code });
  }
}

function within<T>(limit: number, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("late")), limit));
  return Promise.race([work, late]);
}
