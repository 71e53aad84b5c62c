/** The bundle of evidence of a project: one file, and the digest by which two of them are compared. */
import { api, data } from "@/api";

export type Edition = "public" | "supervisor";

export interface Bundle {
  name: string;
  file: Blob;
  /** SHA-256 of the bytes as they arrived, hex. */
  digest: string;
}

/** What the file is called. */
export function bundleName(number: string, edition: Edition): string {
  return edition === "supervisor" ? `${number}.supervisor.kev` : `${number}.kev`;
}

/** Fetches an edition, and digests exactly what came. */
export async function fetchBundle(project: string, number: string, edition: Edition): Promise<Bundle> {
  const params = { path: { project }, query: { edition } };
  const call = api.GET("/api/v1/projects/{project}/bundle", { params, parseAs: "blob" });
  const file = (await data(call)) as unknown as Blob;
  const [{ sha256 }, { bytesToHex }] = await Promise.all([import("@noble/hashes/sha2.js"), import("@noble/hashes/utils.js")]);
  const sum = sha256.create();
  const reader = file.stream().getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) sum.update(piece.value);
  return { name: bundleName(number, edition), file, digest: bytesToHex(sum.digest()) };
}
