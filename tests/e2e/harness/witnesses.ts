/** Witnesses of the platform's public log: processes of their own, with keys of their own. */
import { join } from "node:path";
import { Process, run } from "./processes";

export class Witnesses {
  private constructor(
    private readonly folder: string,
    private readonly all: { key: string; port: number }[],
  ) {}

  /** One for each port. */
  static async make(folder: string, ports: number[]): Promise<Witnesses> {
    const all: { key: string; port: number }[] = [];
    for (const port of ports) {
      const made = await run(folder, {}, ["witness", "keygen", "--name", `witness.example.org/${port}`, "--output", `${port}.key`]);
      if (!made.success) throw new Error(`kaibiao witness keygen\n${made.words}`);
      all.push({ key: made.result.vkey, port });
    }
    return new Witnesses(folder, all);
  }

  /** The section of the platform's configuration that has its terms ask for so many of them. */
  asked(quorum: number): string {
    const each = this.all.map(({ key, port }) => `{ url = "http://127.0.0.1:${port}", key = "${key}" }`);
    return `[public_log]\nquorum = ${quorum}\nwitnesses = [${each.join(", ")}]\n`;
  }

  /** Starts as many as the quorum needs for a platform's log; the others stay away. */
  start(log: string, quorum: number): Process[] {
    return this.all
      .slice(0, quorum)
      .map(({ port }) =>
        Process.start(
          this.folder,
          {},
          ["witness", "serve", "--listen", `127.0.0.1:${port}`, "--state", `witness-${port}`, "--key", `${port}.key`, "--log", log],
          join(this.folder, `witness-${port}.log`),
        ),
      );
  }
}
