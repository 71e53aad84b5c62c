/** The vault of this page: a worker, started when it is first needed. */
import { proxy, wrap, type Remote } from "comlink";
import type { Vault } from "./contract";
import { CryptoFailure, failureOf } from "./failure";
import { carryFailures } from "./rpc";
import { spawn } from "./spawn";

let made: Vault | undefined;

/** The page's vault. Starts the worker on its first call. */
export function vault(): Vault {
  made ??= behindWall();
  return made;
}

/** Puts another vault in the worker's place: where there are no workers, and in tests. */
export function useVault(other: Vault): void {
  made = other;
}

type Method = (...args: unknown[]) => Promise<unknown>;

function behindWall(): Vault {
  let started: { remote: Remote<Vault>; broken: Promise<never> } | undefined;
  const start = () => {
    carryFailures();
    const worker = spawn();
    // A worker that cannot be loaded answers nothing at all.
    const broken = new Promise<never>((_, reject) => {
      worker.addEventListener("error", (event) => {
        started = undefined;
        reject(new CryptoFailure("worker-failed", { reason: event.message ?? "" }));
      });
    });
    broken.catch(() => undefined);
    return { remote: wrap<Vault>(worker), broken };
  };
  const call = (name: keyof Vault): Method => {
    return async (...args) => {
      started ??= start();
      const { remote, broken } = started;
      const method = remote[name] as unknown as Method;
      const given = args.map((arg) => (typeof arg === "function" ? proxy(arg) : plain(arg)));
      try {
        return await Promise.race([method(...given), broken]);
      } catch (error) {
        throw failureOf(error);
      }
    };
  };
  const methods = new Map<string, Method>();
  return new Proxy({} as Vault, {
    get: (_, name) => {
      // `await` asks any object for `then`; the vault must not pass for a
      // promise.
      if (typeof name !== "string" || name === "then") return undefined;
      let method = methods.get(name);
      if (!method) methods.set(name, (method = call(name as keyof Vault)));
      return method;
    },
  });
}

/** What a page keeps reactive cannot be posted: it crosses as plain objects. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}
