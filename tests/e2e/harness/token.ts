/** The token agent on somebody's machine, and its person in front of its window. A key file stands for the token. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { BINARY, until } from "./processes";
import type { Person, Town } from "./town";

export class TokenAgent {
  private words = "";
  /** How much of the window was read. */
  private read = 0;

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(town: Town, person: Person, port: number): Promise<TokenAgent> {
    const args = ["agent", "--server", `http://127.0.0.1:${town.port}`, "--page", town.url, "--key", person.p12, "--port", String(port)];
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("KAIBIAO_")));
    const child = spawn(BINARY, args, {
      cwd: person.folder,
      env: { ...env, KAIBIAO_STATE: join(person.folder, "agent"), KAIBIAO_PASSPHRASE_FILE: join(person.folder, "passphrase") },
      stdio: ["pipe", "ignore", "pipe"],
    });
    const agent = new TokenAgent(child, port);
    child.stderr?.on("data", (piece) => (agent.words += piece));
    await until("the token agent listens", () => agent.words.includes("Ctrl-C"));
    return agent;
  }

  /** The code in the window, once a page has asked for one. */
  async code(): Promise<string> {
    const found = await until("the window shows a code", () => /\n\s+(\d{4} \d{4})\n/.exec(this.words.slice(this.read)));
    this.read = this.words.length;
    return found[1] ?? "";
  }

  /** Answers the next question: with its number, with what follows it, or otherwise. */
  async answers(with_: "" | "+" | "no"): Promise<string> {
    const asked = await until("the window asks", () => /请输入 (\d\d) 并回车/.exec(this.words.slice(this.read)));
    const said = this.words.slice(this.read);
    this.read = this.words.length;
    this.child.stdin?.write(`${with_ === "no" ? "no" : `${asked[1]}${with_}`}\n`);
    return said;
  }

  /** What the window has said since it was last read. */
  get rest(): string {
    return this.words.slice(this.read);
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await gone;
  }
}
