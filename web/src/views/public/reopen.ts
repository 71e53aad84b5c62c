/** Announced sheets opened again on this device from what is published, and held against what is shown. */
import { api, data } from "@/api";
import { vault } from "@/crypto/client";
import { CryptoFailure } from "@/crypto/failure";

/** A sheet as it is shown. */
export interface Shown {
  bid: string;
  name: string;
  sheet: Record<string, unknown>;
}

export type Finding = { state: "same" } | { state: "differs"; fields: string[] } | { state: "failed"; error: unknown };

/** Opens one sheet again. */
export async function reopen(project: string, lot: string, shown: Shown): Promise<Finding> {
  try {
    const params = { path: { project, lot, bid: shown.bid } };
    const proof = await data(api.GET("/api/v1/projects/{project}/lots/{lot}/bids/{bid}/sheet", { params }));
    const fields = differing(shown.sheet, await vault().reopenSheet(shown.bid, proof));
    return fields.length ? { state: "differs", fields } : { state: "same" };
  } catch (error) {
    return { state: "failed", error };
  }
}

/** Whether a finding says that what is shown is not to be relied on. A network that fails says nothing. */
export function isAlarming(finding: Finding): boolean {
  return finding.state === "differs" || (finding.state === "failed" && finding.error instanceof CryptoFailure);
}

/** The fields in which two sheets are not the same. */
export function differing(one: Record<string, unknown>, other: Record<string, unknown>): string[] {
  const fields = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...fields].filter((field) => one[field] !== other[field]).sort();
}
