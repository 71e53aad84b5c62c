/** The vault of this page: a worker, started when it is first needed. */
import type { Vault } from "./contract";

/** The page's vault. Loads the worker on its first call. */
export const vault = (): Vault => {
  throw new Error("to come");
};
