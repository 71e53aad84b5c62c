/** Stands in for @/crypto/spawn in the offline tool: its worker is part of the file. */
import InlinedWorker from "@/crypto/worker?worker&inline";

export const spawn = (): Worker => new InlinedWorker();
