/** Checks that are shown one by one. */
import type { Failure, Step } from "../contract";

/** Told of the whole list whenever a step changes. */
export type Report = (steps: Step[]) => void;

/** A list that ran: all done with its value, or failed at one step with the reason. */
export type Checked<T> = { steps: Step[]; value: T; failure?: undefined } | { steps: Step[]; value?: undefined; failure: Failure };
