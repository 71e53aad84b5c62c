/** The token agent on somebody's machine, and its person in front of its window. A key file stands for the token, or a double of one. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BINARY, ROOT, until } from "./processes";
import type { Person, Town } from "./town";

const PIN = "123456";

const args = (town: Town, key: string, port: number) => [
  "agent",
  "--server",
  `http://127.0.0.1:${town.port}`,
  "--page",
  town.url,
  "--key",
  key,
  "--port",
  String(port),
];

const under = (person: Person) => {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("KAIBIAO_")));
  return {
    cwd: person.folder,
    env: { ...env, KAIBIAO_STATE: join(person.folder, "agent"), KAIBIAO_PASSPHRASE_FILE: join(person.folder, "passphrase") },
    stdio: "pipe",
  } as const;
};

/** Puts somebody's pair of SM2 into a double of a token, which has the base calls of GM/T 0016 and no others; its address. */
function plugIn({ folder, p12 }: Person): string {
  const state = join(folder, "token");
  mkdirSync(join(state, "UKEY"), { recursive: true });
  const [keys, certificates] = ["key.pem", "cert.pem"].map((end) =>
    readFileSync(p12.replace(/p12$/, end), "utf8").match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n?/g),
  );
  for (const [at, name] of ["sign", "encrypt"].entries()) {
    writeFileSync(join(state, "UKEY", `${name}.pem`), keys![at]!);
    const base64 = certificates![at]!.replace(/-----[^-]+-----/g, "");
    writeFileSync(join(state, "UKEY", `${name}.cer`), Buffer.from(base64, "base64"));
  }
  writeFileSync(join(state, "UKEY", "pin"), `${PIN} 6 6`);
  const library = join(folder, "libtoken.so");
  const source = join(ROOT, "server/token/tests/skf/double.c");
  const flags = ["-shared", "-fPIC", "-O1", "-Wno-deprecated-declarations", `-DSTATE="${state}"`];
  execFileSync("cc", [...flags, "-o", library, source, "-lcrypto"]);
  return `skf:?module-path=${library}`;
}

export class TokenAgent {
  private words = "";
  /** How much of the window was read. */
  private read = 0;
  /** What the person enters when it is asked for, and how often that was. */
  private pin = "";
  entered = 0;

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(town: Town, person: Person, port: number): Promise<TokenAgent> {
    return TokenAgent.begun(spawn(BINARY, args(town, person.p12, port), under(person)), port);
  }

  /**
   * The same before a token of GM/T 0016, whose PIN its person enters. A PIN is asked for in a terminal alone, so `script`
   * makes one.
   */
  static async startWithToken(town: Town, person: Person, port: number): Promise<TokenAgent> {
    const command = [BINARY, ...args(town, plugIn(person), port)].map((word) => `'${word}'`).join(" ");
    const agent = await TokenAgent.begun(spawn("script", ["-qefc", command, "/dev/null"], under(person)), port);
    agent.pin = PIN;
    return agent;
  }

  private static async begun(child: ChildProcess, port: number): Promise<TokenAgent> {
    const agent = new TokenAgent(child, port);
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (piece) => {
        agent.words += String(piece).replaceAll("\r", "");
        if (agent.pin && agent.words.endsWith("PIN: ")) {
          agent.entered += 1;
          child.stdin?.write(`${agent.pin}\n`);
        }
      });
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
