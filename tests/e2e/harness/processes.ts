/** The one binary, as a command that ends and as a process that stays. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

const built = join(resolve(ROOT, process.env["CARGO_TARGET_DIR"] ?? "target"), "debug/kaibiao");
export const BINARY = process.env["KAIBIAO_BIN"] ?? built;

if (!existsSync(BINARY)) throw new Error(`${BINARY} is not there: run \`make e2e\`, which builds it`);

/** What a child process inherits: our own variables would be taken for its configuration. */
const INHERITED = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("KAIBIAO_")));

export interface Done {
  success: boolean;
  /** What --json printed. */
  result: any;
  words: string;
}

/** Runs a command to its end. */
export function run(folder: string, env: Record<string, string>, args: string[]): Promise<Done> {
  return new Promise((resolve, reject) => {
    const child = spawn(BINARY, [...args, "--json"], {
      cwd: folder,
      env: { ...INHERITED, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let words = "";
    child.stdout.on("data", (piece) => (out += piece));
    child.stderr.on("data", (piece) => (words += piece));
    child.on("error", reject);
    child.on("close", (code) => {
      const last = out.trim().split("\n").at(-1) ?? "";
      let result: unknown = null;
      try {
        result = JSON.parse(last);
      } catch {
        // Not everything answers in JSON; `words` says what went wrong then.
      }
      resolve({ success: code === 0, result, words });
    });
  });
}

/** A process that goes on until it is stopped. */
export class Process {
  private ended = false;

  private constructor(
    private child: ChildProcess,
    readonly log: string,
  ) {
    child.on("exit", () => (this.ended = true));
  }

  static start(folder: string, env: Record<string, string>, args: string[], log: string): Process {
    const file = openSync(log, "a");
    const child = spawn(BINARY, args, { cwd: folder, env: { ...INHERITED, ...env }, stdio: ["ignore", file, file] });
    return new Process(child, log);
  }

  get running(): boolean {
    return !this.ended;
  }

  /** Asks the process to stop; SIGKILL ends it without asking. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    if (this.ended) return;
    const gone = new Promise<void>((resolve) => this.child.once("exit", () => resolve()));
    this.child.kill(signal);
    const hard = setTimeout(() => this.child.kill("SIGKILL"), 15_000);
    await gone;
    clearTimeout(hard);
  }
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits until `is` answers something true; says `what` was waited for in vain. */
export async function until<T>(what: string, is: () => Promise<T> | T, patience = 60_000): Promise<NonNullable<T>> {
  const end = Date.now() + patience;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const found = await is();
      if (found) return found as NonNullable<T>;
      last = found;
    } catch (error) {
      last = error;
    }
    await sleep(250);
  }
  throw new Error(`waited ${patience / 1000} s in vain for: ${what} (last: ${String(last)})`);
}
