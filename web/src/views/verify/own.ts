/** A policy of what the platform tells of itself today, and of roots that the reader chooses. */
import { api, data } from "@/api";
import { base64, hex } from "@/crypto/bid/encoding";
import { isProject } from "@/crypto/bid/header";
import { parseTerms } from "@/crypto/bid/terms";
import { NotABundle } from "@/crypto/bundle/form";
import { CryptoFailure } from "@/crypto/failure";

const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;

/** The certificates of a file, PEM or DER. */
export function certificatesIn(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const text = new TextDecoder().decode(bytes);
  if (!text.includes("-----BEGIN")) return [bytes];
  return [...text.matchAll(PEM)].map(([, body = ""]) => Uint8Array.from(atob(body.replace(/\s/g, "")), (it) => it.charCodeAt(0)));
}

/** The project that a bundle says it is of: its `bundle.json`, found from one file's header to the next. */
export async function projectOf(bundle: Blob): Promise<string> {
  for (let at = 0; at + 30 <= bundle.size; ) {
    const header = new DataView(await bundle.slice(at, at + 30).arrayBuffer());
    if (header.getUint32(0, true) !== 0x04034b50) break;
    const start = at + 30 + header.getUint16(26, true);
    const end = start + header.getUint32(18, true);
    if ((await bundle.slice(at + 30, start).text()) === "bundle.json") return named(await bundle.slice(start, end).text());
    at = end;
  }
  throw new NotABundle("bundle-form", "bundle.json");
}

function named(json: string): string {
  try {
    const { project } = JSON.parse(json) as { project?: unknown };
    if (typeof project === "string" && isProject(project)) return project;
  } catch {
    // As for any other name.
  }
  throw new NotABundle("bundle-form", "bundle.json");
}

/** Asks the platform for its keys, for the project's terms and for its authorities; of these only those count whose roots are given. */
export async function ownPolicy(bundle: Blob, roots: Uint8Array<ArrayBuffer>[]) {
  const id = await projectOf(bundle);
  const [view, platform] = await Promise.all([
    data(api.GET("/api/v1/projects/{id}", { params: { path: { id } } })),
    data(api.GET("/api/v1/platform")),
  ]);
  const [lot] = Object.keys(view.lots);
  if (lot === undefined) throw new CryptoFailure("policy-unreadable", { at: "lots" });
  const path = { params: { path: { id, lot } } };
  const terms = await data<string>(api.GET("/api/v1/projects/{id}/lots/{lot}/terms", { ...path, parseAs: "text" }) as never);
  const { log_key, witnesses, quorum, sm2_chain } = parseTerms(terms).content.trust;
  const given = new Map(await Promise.all(roots.map(async (der) => [await digestOf(der), base64(der)] as const)));
  const cas = platform.cas.flatMap(({ id: name, root, rules, revocation = "required" }) => {
    const der = given.get(root);
    return der === undefined ? [] : [{ id: name, root: der, rules, revocation }];
  });
  return {
    format: "kaibiao/1 policy",
    origin: platform.origin,
    ...(log_key === undefined ? {} : { log_key }),
    ...(witnesses ? { witnesses } : {}),
    quorum,
    statement_key: platform.log_key,
    receipt_key: platform.receipt_key,
    ...(sm2_chain ? { sm2_chain } : {}),
    cas,
  };
}

async function digestOf(der: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", der)));
}
