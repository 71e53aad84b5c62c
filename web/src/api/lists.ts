/**
 * Revocation lists on which the judgements of accepted acts rest, fetched by the
 * digests that the acts' grounds name. They are signed by their authority, so it
 * does not matter who hands them out.
 */
import { listsOf } from "@/crypto/bid/act";
import { hex } from "@/crypto/bid/encoding";
import type { AcceptedAct } from "@/crypto/contract";
import { api, data, Refused } from "./index";

/** What was fetched already: a list never changes under its digest. */
const known = new Map<string, Uint8Array>();

/**
 * The lists that these acts' grounds name. One that the server does not have is
 * left out, and only what rests on it goes unproved. Refuses when the server does
 * not answer, because that may pass.
 */
export async function fetchLists(acts: Iterable<AcceptedAct | null | undefined>): Promise<Uint8Array[]> {
  const wanted = new Set([...acts].flatMap((act) => named(act)));
  const lists: Uint8Array[] = [];
  for (const digest of wanted) {
    const list = known.get(digest) ?? (await fetchList(digest));
    if (!list) continue;
    known.set(digest, list);
    lists.push(list);
  }
  return lists;
}

/** The acts under certificates by which a lot's terms say that their keys were certified; whether they did is for the vault to prove. */
export function certifiedIn(terms: string): AcceptedAct[] {
  try {
    const { custodians } = JSON.parse(terms) as { custodians: { certified: AcceptedAct; authorised?: { act: AcceptedAct } }[] };
    return custodians.map(({ certified, authorised }) => authorised?.act ?? certified);
  } catch {
    return [];
  }
}

/** Nothing where the grounds have another form: whoever judges the act refuses it for that. */
function named(act: AcceptedAct | null | undefined): string[] {
  try {
    return act?.grounds ? listsOf(act.grounds) : [];
  } catch {
    return [];
  }
}

async function fetchList(digest: string): Promise<Uint8Array | undefined> {
  try {
    const asked = api.GET("/api/v1/revocation-lists/{digest}", { params: { path: { digest } }, parseAs: "arrayBuffer" });
    const list = new Uint8Array((await data(asked)) as unknown as ArrayBuffer);
    const found = new Uint8Array(await crypto.subtle.digest("SHA-256", list));
    return hex(found) === digest ? list : undefined;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined;
    throw error;
  }
}
