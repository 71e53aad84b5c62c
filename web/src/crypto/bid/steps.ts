/** Checks that are shown one by one, each only after the one before held. */
import type { Failure, Step } from "../contract";
import { failureOf } from "./failure";

/** Told of the whole list whenever a step changes. */
export type Report = (steps: Step[]) => void;

/** A list that ran: all done with its value, or failed at one step with the reason. */
export type Checked<T> = { steps: Step[]; value: T; failure?: undefined } | { steps: Step[]; value?: undefined; failure: Failure };

type Params = Record<string, string | number>;

/** Runs one of the announced steps. */
export type Run = <T>(
  code: string,
  work: (about: (params: Params) => void, note: (notes: Failure[]) => void) => T | Promise<T>,
) => Promise<T>;

/** Announces all steps, then works through them. */
export async function checked<T>(codes: string[], report: Report | undefined, work: (run: Run) => Promise<T>): Promise<Checked<T>> {
  const steps: Step[] = codes.map((code) => ({ code, state: "waiting" }));
  const tell = () => report?.(steps.map((step) => ({ ...step })));
  const run: Run = async (code, step) => {
    const at = steps.findIndex((it) => it.code === code);
    if (at < 0) throw new Error(`${code} was not announced`);
    const set = (change: Partial<Step>) => {
      steps[at] = { ...steps[at]!, ...change };
      tell();
    };
    set({ state: "working" });
    try {
      const value = await step(
        (params) => set({ params: { ...steps[at]!.params, ...params } }),
        (notes) => set(notes.length > 0 ? { notes } : {}),
      );
      set({ state: "done" });
      return value;
    } catch (error) {
      set({ state: "failed" });
      throw error;
    }
  };
  tell();
  try {
    const value = await work(run);
    return { steps, value };
  } catch (error) {
    return { steps, failure: failureOf(error) };
  }
}
