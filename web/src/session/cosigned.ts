/**
 * Waits for witnesses: while too few have cosigned what a secret is let go of by, it
 * is asked again, calmly (docs/spec/evidence.md, 6). Nothing has left meanwhile.
 */
import type { OnSteps, Step } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { pause } from "./send";

/** For so long it is asked again, ms; then the person decides. */
export const PATIENCE = 600_000;
/** Between two questions, ms. */
const EVERY = 3_000;

/** Whether a failure may mend itself by the witnesses' coming. */
export function isAwaited(error: unknown): error is CryptoFailure {
  return error instanceof CryptoFailure && error.code === "log-quorum";
}

/** Resolves before the next question. */
export const nextQuestion = (): Promise<void> => pause(EVERY);

/**
 * Does it again while witnesses are awaited. Its steps are shown as they happen, but
 * the one that waits stands as working, with what it waits for, until it holds.
 */
export async function whenCosigned<T>(
  work: (show: OnSteps) => Promise<T>,
  { show, waits }: { show?: OnSteps | undefined; waits?: () => unknown } = {},
): Promise<T> {
  const until = Date.now() + PATIENCE;
  /** The step that waits. */
  let awaited: string | undefined;
  for (;;) {
    let last: Step[] = [];
    let over = false;
    try {
      return await work((steps) => {
        last = steps;
        const holds = awaited === undefined || steps.some(({ code, state }) => code === awaited && state === "done");
        // What failed is shown once it is known why.
        if (!over && holds && !steps.some(({ state }) => state === "failed")) show?.(steps);
      });
    } catch (error) {
      over = true;
      if (!isAwaited(error) || Date.now() >= until) {
        show?.(last);
        throw error;
      }
      if (awaited === undefined) await waits?.();
      awaited = last.find(({ state }) => state === "failed")?.code ?? "";
      show?.(last.map((step) => (step.code === awaited ? waitingFor(step, error) : step)));
    }
    await nextQuestion();
  }
}

function waitingFor({ code, params }: Step, { params: found }: CryptoFailure): Step {
  return { code, state: "working", notes: [{ code: "log-waiting", ...(found ? { params: found } : {}) }], ...(params ? { params } : {}) };
}
