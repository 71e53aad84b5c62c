/** The sealing terms of a lot, as they are published. */
import { ref, watch, type Ref } from "vue";
import { api, data, type Schemas } from "@/api";

export type Terms = Schemas["SealingTerms"];

export function termsAddress(project: string, lot: string): string {
  return `/api/v1/projects/${encodeURIComponent(project)}/lots/${encodeURIComponent(lot)}/terms`;
}

/** A lot's terms, read again when `digest` changes; none before publication. */
export function useTerms(
  project: string,
  lot: string,
  digest: () => string | undefined,
): { terms: Ref<Terms | undefined>; problem: Ref<unknown> } {
  const terms = ref<Terms>();
  const problem = ref<unknown>();
  watch(
    digest,
    async (wanted) => {
      if (!wanted) return;
      try {
        const read = api.GET("/api/v1/projects/{id}/lots/{lot}/terms", { params: { path: { id: project, lot } } });
        terms.value = (await data(read)) as unknown as Terms;
        problem.value = undefined;
      } catch (error) {
        problem.value = error;
      }
    },
    { immediate: true },
  );
  return { terms, problem };
}
