/** The record in force of a lot, read and reckoned here before anybody signs it. */
import { computed, type Ref, ref, watch } from "vue";
import { type OpeningRecord, readRecord } from "../../public/record";
import type { LotView } from "../types";

export function useRecord(project: string, lotId: Ref<string>, lot: Ref<LotView | undefined>) {
  const record = ref<OpeningRecord>();
  /** The digest of the bytes that were read. */
  const reckoned = ref("");
  const problem = ref<unknown>();
  const last = computed(() => lot.value?.records?.at(-1));
  const matches = computed(() => reckoned.value !== "" && reckoned.value === last.value?.record);

  async function read(): Promise<void> {
    const [id, digest] = [lotId.value, last.value?.record];
    record.value = undefined;
    reckoned.value = "";
    problem.value = undefined;
    if (!digest) return;
    const isAsked = () => id === lotId.value && digest === last.value?.record;
    try {
      const made = await readRecord(project, id, digest);
      if (!isAsked()) return;
      reckoned.value = made.digest;
      record.value = made.record;
    } catch (error) {
      if (isAsked()) problem.value = error;
    }
  }
  watch([lotId, () => last.value?.record], read, { immediate: true });

  return { record, reckoned, problem, matches, read };
}

export type ReadRecord = ReturnType<typeof useRecord>;
