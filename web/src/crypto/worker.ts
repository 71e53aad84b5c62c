/** The vault behind a wall: keys and secrets live in this worker only. */
import { expose } from "comlink";
import type { Vault } from "./contract";
import { carryFailures } from "./rpc";
import { createVault } from "./vault";

type Method = (...args: unknown[]) => Promise<unknown>;

carryFailures();
expose(told(createVault()));

/** Sees to it that the page has heard every step and all progress before it gets the answer. */
function told(vault: Vault): Vault {
  const methods = Object.entries(vault as unknown as Record<string, Method>).map(([name, method]): [string, Method] => [
    name,
    async (...args) => {
      const messages = new Set<Promise<unknown>>();
      const given = args.map((arg) => (typeof arg === "function" ? telling(arg as Method, messages) : arg));
      try {
        return await method(...given);
      } finally {
        await Promise.allSettled(messages);
      }
    },
  ]);
  return Object.fromEntries(methods) as unknown as Vault;
}

function telling(tell: Method, messages: Set<Promise<unknown>>): (...args: unknown[]) => void {
  return (...args) => {
    const message = tell(...args);
    messages.add(message);
    const heard = () => messages.delete(message);
    message.then(heard, heard);
  };
}
