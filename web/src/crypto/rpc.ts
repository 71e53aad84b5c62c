/** Failures cross between worker and page with their code and params. */
import { transferHandlers } from "comlink";
import type { Failure } from "./contract";
import { CryptoFailure, failureOf } from "./failure";

export function carryFailures(): void {
  const thrown = transferHandlers.get("throw");
  if (!thrown) return;
  transferHandlers.set("throw", {
    canHandle: thrown.canHandle,
    serialize: (wrapped: unknown) => {
      const { code, params } = failureOf((wrapped as { value: unknown }).value);
      return [{ code, params }, []];
    },
    deserialize: ({ code, params }: Failure) => {
      throw new CryptoFailure(code, params);
    },
  });
}
