/** What is fetched for the checks of a record that are made here, and the checks themselves. */
import { api, data } from "@/api";
import { fetchLists } from "@/api/lists";
import { unbase64 } from "@/crypto/bid/encoding";
import { vault } from "@/crypto/client";
import type { AcceptedAct, RecordCheck } from "@/crypto/contract";
import type { useSession } from "@/session";
import { loggedProof, termsPackage } from "../bidder/terms";
import { keptRoots } from "../custodian/roots";

export interface CheckedRecord {
  checks: RecordCheck[];
  /** Detached signatures over the record's bytes, for everybody's tools. */
  files: { seq: number; name: string; address: string }[];
}

/** Fetches what a record is checked by, and has the vault check it. */
export async function checkRecord(
  project: string,
  lot: string,
  digest: string,
  session: Pick<ReturnType<typeof useSession>, "platform">,
): Promise<CheckedRecord> {
  const params = { path: { project, lot }, query: { digest } };
  const [record, signatures, proof, pack, platform, roots] = await Promise.all([
    data(api.GET("/api/v1/projects/{project}/lots/{lot}/record.json", { params, parseAs: "arrayBuffer" })),
    data(api.GET("/api/v1/projects/{project}/lots/{lot}/record/signatures", { params })),
    data(api.GET("/api/v1/projects/{project}/lots/{lot}/record/proof", { params })),
    termsPackage(project, lot),
    session.platform(),
    keptRoots(),
  ]);
  const lists = await fetchLists(signatures.signatures.map(({ act }) => act as AcceptedAct));
  const logged = await loggedProof(pack);
  const checks = await vault().checkRecord({
    record: new Uint8Array(record as unknown as ArrayBuffer),
    digest,
    signatures,
    proof,
    publication: pack.publication,
    ...(logged === undefined ? {} : { logged }),
    terms: pack.terms,
    platform: { origin: platform.origin, key: platform.log_key },
    roots: roots.map(({ pem }) => pem),
    cas: pack.platform.cas,
    lists: [...lists, ...(pack.lists ?? []).flatMap((list) => unbase64(list) ?? [])],
    now: Date.now(),
  });
  const carried = signatures.signatures.filter(({ cms }) => cms);
  return { checks, files: carried.map(({ seq, name }) => ({ seq, name, address: p7sAddress(project, lot, seq) })) };
}

/** Where a detached signature is fetched from. */
export function p7sAddress(project: string, lot: string, seq: number): string {
  return `/api/v1/projects/${encodeURIComponent(project)}/lots/${encodeURIComponent(lot)}/record/signatures/${seq}.p7s`;
}
