/** The sealing terms' exact text. */
import { api, data } from "@/api";
import type { Hex } from "@/crypto/contract";

/** As served: the bytes are hashed, so they are never parsed and written again. */
export async function fetchTerms(project: string, lot: string): Promise<string> {
  const call = api.GET("/api/v1/projects/{id}/lots/{lot}/terms", { params: { path: { id: project, lot } }, parseAs: "text" });
  return (await data(call)) as unknown as string;
}

/** H("kaibiao/1 terms" || bytes): what stands in a bid's ctx. */
export async function termsDigest(text: string): Promise<Hex> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`kaibiao/1 terms${text}`));
  return Array.from(new Uint8Array(digest), (octet) => octet.toString(16).padStart(2, "0")).join("");
}
