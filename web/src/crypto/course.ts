/** Steps that are shown one by one while they run. */
import type { OnSteps, Step } from "./contract";
import { failureOf, type FailureParams } from "./failure";

export class Course {
  readonly steps: Step[];
  private readonly report: OnSteps | undefined;

  constructor(codes: string[], report?: OnSteps, before: Step[] = []) {
    this.steps = [...before, ...codes.map((code): Step => ({ code, state: "waiting" }))];
    this.report = report;
    this.tell();
  }

  /** Runs one step; what it throws marks the step and goes on up. */
  async run<T>(code: string, work: () => T | Promise<T>, params?: FailureParams): Promise<T> {
    this.set(code, { state: "working", ...(params ? { params } : {}) });
    try {
      const value = await work();
      this.set(code, { state: "done" });
      return value;
    } catch (error) {
      const failure = failureOf(error);
      this.set(code, { state: "failed", failure: { code: failure.code, ...(failure.params ? { params: failure.params } : {}) } });
      throw error;
    }
  }

  set(code: string, change: Partial<Step>): void {
    const at = this.steps.findIndex((step) => step.code === code);
    const step = this.steps[at];
    if (step) this.steps[at] = { ...step, ...change };
    this.tell();
  }

  private tell(): void {
    this.report?.(this.steps.map((step) => ({ ...step })));
  }
}
