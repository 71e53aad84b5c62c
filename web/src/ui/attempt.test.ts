import { expect, it } from "vitest";
import { CryptoFailure } from "@/crypto/failure";
import { useAttempt } from "./attempt";

it("tells what went wrong, and forgets it when it is tried again", async () => {
  const { busy, problem, attempt } = useAttempt();
  const wrong = new Error("no");
  const first = attempt(() => Promise.reject(wrong));
  expect(busy.value).toBe(true);
  expect(await first).toBe(false);
  expect([busy.value, problem.value]).toEqual([false, wrong]);
  expect(await attempt(() => Promise.resolve())).toBe(true);
  expect([busy.value, problem.value]).toEqual([false, undefined]);
});

it("does nothing twice at once", async () => {
  const { attempt } = useAttempt();
  let done = 0;
  let end = (): void => undefined;
  const first = attempt(() => new Promise<void>((resolve) => (end = resolve)));
  expect(await attempt(async () => (done += 1))).toBe(false);
  end();
  expect(await first).toBe(true);
  expect(done).toBe(0);
});

it("reproaches nobody who changed their mind", async () => {
  const { problem, attempt } = useAttempt();
  expect(await attempt(() => Promise.reject(new CryptoFailure("cancelled")))).toBe(false);
  expect(problem.value).toBeUndefined();
});
