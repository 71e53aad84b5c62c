/** Sealing terms as served: their exact bytes, and the digest that a host signs. */
import { api, data } from "@/api";
import type { LotDraft, SealingTerms, View } from "./types";

export interface Fetched {
  lot: string;
  text: string;
  digest: string;
  terms: SealingTerms;
}

/** A lot's terms, exactly as served, with their digest reckoned here. */
export async function fetchTerms(project: string, lot: string): Promise<Fetched> {
  const path = { params: { path: { id: project, lot } }, parseAs: "text" as const };
  const text = (await data(api.GET("/api/v1/projects/{id}/lots/{lot}/terms", path))) as unknown as string;
  return { lot, text, digest: await termsDigest(text), terms: JSON.parse(text) as SealingTerms };
}

/** SHA-256 of "kaibiao/1 terms" and the exact bytes (docs/spec/terms.md, 1). */
export async function termsDigest(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(`kaibiao/1 terms${text}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What is wrong with terms that are about to be signed: they must be this draft's, and nothing else. */
export function differs(fetched: Fetched, project: string, view: View): string | undefined {
  const { terms, lot } = fetched;
  const drafted = view.draft?.lots[lot];
  if (terms.project !== project || terms.lot !== lot) return "place";
  const same = (one: unknown, other: unknown) => canonical(one) === canonical(other);
  if (!drafted || !same(terms.officials, view.officials)) return "officials";
  return followsDraft(terms, drafted) ? undefined : "draft";
}

/** Whether terms say what a lot's draft says. */
export function followsDraft(terms: SealingTerms, draft: LotDraft): boolean {
  const named = terms.custodians.map(({ name, organisation }) => ({ name, organisation }));
  return canonical({ ...rulesOf(terms), custodians: named }) === canonical({ ...rulesOf(draft), custodians: draft.custodians });
}

/** What terms take over from a draft as it stands. */
function rulesOf({ schema, release, rescue, policy, reference }: SealingTerms | LotDraft) {
  return { schema, release, rescue, policy, reference };
}

/** The terms as they will be when a lot is amended: the present ones with the new rules, numbered on. */
export function amended(now: SealingTerms, draft: LotDraft, known: SealingTerms["custodians"]): SealingTerms | { missing: string } {
  const custodians: SealingTerms["custodians"] = [];
  for (const [index, named] of draft.custodians.entries()) {
    const key = known.find((it) => it.organisation === named.organisation);
    if (!key) return { missing: named.name };
    const { agent, certified } = key;
    custodians.push({
      x: index + 1,
      organisation: named.organisation,
      name: named.name,
      key: key.key,
      ...(agent ? { agent } : {}),
      certified,
    });
  }
  const { rescue: _, reference: __, ...rest } = now;
  return {
    ...rest,
    number: now.number + 1,
    schema: draft.schema,
    custodians,
    release: draft.release,
    ...(draft.rescue === undefined ? {} : { rescue: draft.rescue }),
    policy: draft.policy,
    ...(draft.reference ? { reference: draft.reference } : {}),
  };
}

/** JSON with members in their order (RFC 8785), for values without fractions. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}
