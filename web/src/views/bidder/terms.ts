/** Terms packages from the server, for preparing here or offline. */
import { api, data, Refused } from "@/api";
import { certifiedIn, fetchLists } from "@/api/lists";
import { base64 } from "@/crypto/bid/encoding";
import type { AcceptedAct } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import type { View } from "@/room";
import { saveText } from "@/ui/save";
import { packageName, termsText, type TermsPackage } from "./prepare/package";

/** All that is needed to seal for one lot. */
export async function termsPackage(project: string, lot: string): Promise<TermsPackage> {
  const path = { params: { path: { id: project, lot } } };
  const [view, terms, platform] = await Promise.all([
    data(api.GET("/api/v1/projects/{id}", { params: { path: { id: project } } })),
    data<string>(api.GET("/api/v1/projects/{id}/lots/{lot}/terms", { ...path, parseAs: "text" }) as never),
    data(api.GET("/api/v1/platform")),
  ]);
  const about = view.lots[lot];
  const { origin, cas, receipt_key } = platform;
  const publication = voucher(view, lot);
  const lists = await fetchLists([publication, ...certifiedIn(terms)]);
  return {
    kaibiao: "terms/1",
    project,
    lot,
    number: view.number,
    title: view.title,
    lot_title: about?.title ?? "",
    t0: view.t0,
    ...(about?.control_price ? { control_price: about.control_price } : {}),
    terms,
    publication,
    lists: lists.map(base64),
    platform: { origin, cas, receipt_key },
  };
}

export async function saveTermsPackage(project: string, lot: string): Promise<void> {
  const made = await termsPackage(project, lot);
  const logged = await loggedProof(made);
  saveText(packageName(made), JSON.stringify({ ...made, ...(logged ? { logged } : {}) }));
}

/** The proof that a lot's terms are in the public log: null where the platform has none yet, nothing where the terms name no log. */
export async function loggedProof({ project, lot, terms }: TermsPackage): Promise<string | null | undefined> {
  if (termsText(terms).trust.log_key === undefined) return undefined;
  try {
    const path = { project, lot };
    return (await data(api.GET("/api/v1/projects/{project}/lots/{lot}/terms/logged", { params: { path } }))).proof;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.code === "not-found") return null;
    throw new CryptoFailure("logged-unreachable");
  }
}

/** The host's signed act behind a lot's terms: the last amendment of them, or the publication. */
function voucher(view: View, lot: string): AcceptedAct {
  const amended = (view.changes ?? []).filter((it) => it.kind === "terms_amended" && it.lot === lot && it.signed);
  const signed = amended.at(-1)?.signed ?? view.publication;
  if (!signed) throw new CryptoFailure("publication-missing");
  return signed as AcceptedAct;
}
