/** Makes the vault's worker. In a module of its own: a page without a server puts another in its place. */
export const spawn = (): Worker => new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "vault" });
