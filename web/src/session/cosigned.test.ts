import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OnSteps, Step } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { PATIENCE, whenCosigned } from "./cosigned";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const steps = (log: Step["state"], open: Step["state"] = "waiting"): Step[] => [
  { code: "unlock-log", state: log },
  { code: "unlock-open", state: open },
];
const few = (signed: number) => new CryptoFailure("log-quorum", { signed, quorum: 2 });
/** What the vault does: the step fails, and then the reason comes. */
const asks = (outcomes: (CryptoFailure | "holds")[]) => async (show: OnSteps) => {
  const outcome = outcomes.length > 1 ? outcomes.shift() : outcomes[0];
  show(steps("waiting"));
  show(steps("working"));
  if (outcome !== "holds") {
    show(steps("failed"));
    throw outcome;
  }
  show(steps("done", "working"));
  show(steps("done", "done"));
  return "act";
};

describe("while witnesses are awaited", () => {
  it("asks again by itself, and shows no failure", async () => {
    const seen: Step[][] = [];
    const waits = vi.fn();
    const done = whenCosigned(asks([few(0), few(1), "holds"]), { show: (now) => seen.push(now), waits });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await done).toBe("act");
    expect(seen.flat().filter(({ state, failure }) => state === "failed" || failure)).toEqual([]);
    const waiting = seen.flatMap(([log]) => (log?.notes ? [[log.state, log.notes]] : []));
    expect(waiting).toEqual([0, 1].map((signed) => ["working", [{ code: "log-waiting", params: { signed, quorum: 2 } }]]));
    // From the first answer on the list does not begin anew.
    const first = seen.findIndex(([log]) => log?.notes);
    expect(seen.slice(first).some(([log]) => log?.state === "waiting")).toBe(false);
    expect(seen.at(-1)).toEqual(steps("done", "done"));
    expect(waits).toHaveBeenCalledOnce();
  });

  it("leaves it to the person after a while, with the step that failed", async () => {
    const seen: Step[][] = [];
    const done = whenCosigned(asks([few(1)]), { show: (now) => seen.push(now) }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(PATIENCE - 10_000);
    expect(seen.at(-1)?.[0]?.state).toBe("working");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await done).toMatchObject({ code: "log-quorum", params: { signed: 1, quorum: 2 } });
    expect(seen.at(-1)).toEqual(steps("failed"));
  });

  it("waits for nothing else, not after it waited either", async () => {
    const other = new CryptoFailure("statement-differs");
    const seen: Step[][] = [];
    await expect(whenCosigned(asks([other]), { show: (now) => seen.push(now) })).rejects.toBe(other);
    expect(seen.at(-1)).toEqual(steps("failed"));
    const later = whenCosigned(asks([few(0), other])).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await later).toBe(other);
  });
});
