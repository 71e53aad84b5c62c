/** Gets the proof that a receipt has turned into, checks it, and hands it to the person. */
import { ref, shallowRef } from "vue";
import { api, data, Refused } from "@/api";
import { vault } from "@/crypto/client";
import type { ReceiptFound, Statement } from "@/crypto/contract";
import { useSession } from "@/session";
import { useAttempt } from "@/ui/attempt";

/** What this device keeps of the bid: the terms that it was sealed under, and its receipt. */
interface Kept {
  terms?: string | undefined;
  receipt?: Statement | undefined;
}

export type ProofState = "early" | "missing" | "unchecked";

export function useProof() {
  const session = useSession();
  const { busy, problem, attempt } = useAttempt();
  const state = ref<ProofState | null>(null);
  const found = shallowRef<ReceiptFound | null>(null);

  /** `save` gets the exact text, whatever was found of it. */
  const fetch = (of: { project: string; bid: string }, kept: Kept, save: (text: string) => void) =>
    attempt(async () => {
      state.value = found.value = null;
      const path = { project: of.project, bid: of.bid };
      const asked = () => data(api.GET("/api/v1/projects/{project}/bids/{bid}/receipt/proof", { params: { path }, parseAs: "text" }));
      const text = (await session.inSession(asked).catch(none)) as string | undefined;
      if (text === undefined) {
        // Once the closing statement is there a proof has to be.
        const closing = await data(api.GET("/api/v1/projects/{project}/closing", { params: { path: { project: of.project } } })).catch(
          none,
        );
        state.value = closing ? "missing" : "early";
        return;
      }
      save(text);
      if (kept.terms === undefined) state.value = "unchecked";
      else found.value = isOther(await vault().checkReceiptFile(text, await vault().receiptTrust(kept.terms)), text, kept);
    });

  return { busy, problem, state, found, fetch };
}

/** A platform signs for a bid once: a proof of another promise than the one in hand is evidence. */
function isOther(found: ReceiptFound, text: string, { receipt }: Kept): ReceiptFound {
  const shown = () => (JSON.parse(text) as { receipt: Statement }).receipt.body;
  if (found.outcome !== "proved" || !receipt || shown() === receipt.body) return found;
  return { ...found, outcome: "against", failure: { code: "receipt-differs" } };
}

/** What is not there is no failure here. */
function none(error: unknown): undefined {
  if (error instanceof Refused && error.status === 404) return undefined;
  throw error;
}
