/**
 * Everything for real: a demonstration authority, a certificate for everybody,
 * the platform on a free port with an empty data directory.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Page, servePage } from "./page";
import { BINARY, type Done, Process, run, until } from "./processes";
import { Witnesses } from "./witnesses";

/** The ids of the demonstration's authorities: everybody's, and that of the other suite. */
export const CA = "demo-ca";
const OTHER_CA = "other-ca";

type KeyType = "rsa-2048" | "rsa-3072" | "p-256";
export type Suite = "intl" | "gm";

/** Somebody before there is a certificate. */
interface Part {
  folder: string;
  organisation: string;
  /** The first 17 characters of its unified social credit code. */
  code: string;
  person: string;
  key: KeyType;
  pair?: boolean;
  /** Certified by the authority of the other suite than everybody else. */
  other?: boolean;
}

const PARTS = {
  administrator: {
    folder: "administrator",
    organisation: "临江市公共资源交易中心",
    code: "12350100MB0000A01",
    person: "管理员 何敏",
    key: "p-256",
  },
  centre: { folder: "centre", organisation: "临江市公共资源交易中心", code: "12350100MB0000A01", person: "值班 周宁", key: "p-256" },
  host: { folder: "host", organisation: "临江建设咨询有限公司", code: "91350100MA0000C03", person: "主持人 林岚", key: "rsa-2048" },
  supervisor: {
    folder: "supervisor",
    organisation: "临江市住房和城乡建设局",
    code: "11350100MB0000D04",
    person: "监督员 陈正",
    key: "p-256",
  },
  a: { folder: "a", organisation: "福安建筑工程有限公司", code: "91350200MA1111001", person: "吴海", key: "rsa-2048" },
  b: { folder: "b", organisation: "东岭建设集团有限公司", code: "91350200MA2222002", person: "郑青", key: "rsa-3072" },
  c: { folder: "c", organisation: "长汀市政工程有限公司", code: "91350200MA3333003", person: "黄蓉生", key: "p-256" },
  d: { folder: "d", organisation: "南屏路桥有限公司", code: "91350200MA4444004", person: "徐立", key: "rsa-2048", pair: true },
  e: { folder: "e", organisation: "云霄智能科技有限公司", code: "91350200MA5555005", person: "蔡知行", key: "p-256" },
  f: { folder: "f", organisation: "武夷园林有限公司", code: "91350200MA6666006", person: "江雨", key: "rsa-2048" },
  g: {
    folder: "g",
    organisation: "建宁路桥工程有限公司",
    code: "91350200MA7777007",
    person: "何川",
    key: "rsa-2048",
    other: true,
  },
} as const satisfies Record<string, Part>;

export type Name = keyof typeof PARTS;

/** Somebody with a folder, a key file and a passphrase. */
export interface Person {
  name: Name;
  folder: string;
  p12: string;
  passphrase: string;
  /** All 18 characters. */
  code: string;
  organisation: string;
  person: string;
  /** Of which suite the certificate is. */
  suite: Suite;
}

/** Legal minima so short that a story fits in minutes; 20 and 15 days are the defaults. */
const LEGAL = "[legal]\nnotice_seconds = 1\namendment_seconds = 1\nwindow_seconds = 10\n";

export class Town {
  readonly people = {} as Record<Name, Person>;
  private server: Process | undefined;
  private page: Page | undefined;
  private others: Process[] = [];

  private constructor(
    readonly folder: string,
    /** Where the platform listens. */
    readonly port: number,
    /** What a person types into the browser. */
    readonly url: string,
    /** Of which suite everybody's certificate is. */
    private readonly suite: Suite,
  ) {}

  /**
   * Builds it: authority, certificates, roles, a running platform; `configured` is added to its configuration. With a quorum its
   * terms ask for so many witnesses, of whom one more than that is configured and stays away. In a town of `gm` everybody's
   * certificate is of SM2, but for one bidder's, and the platform has one too; elsewhere that bidder's alone is.
   */
  static async build(configured = "", quorum = 0, suite: Suite = "intl"): Promise<Town> {
    const folder = mkdtempSync(join(tmpdir(), "kaibiao-e2e-"));
    const port = await freePort();
    const outside = process.env["KAIBIAO_PAGE"] === "dist" ? await freePort() : port;
    const town = new Town(folder, port, `http://127.0.0.1:${outside}`, suite);
    if (outside !== port) town.page = await servePage(outside, `http://127.0.0.1:${port}`);
    try {
      await town.certificates();
      if (quorum) {
        const ports = await Promise.all(Array.from({ length: quorum + 1 }, freePort));
        const witnesses = await Witnesses.make(folder, ports);
        await town.configure(`${configured}${witnesses.asked(quorum)}`);
        await town.start();
        town.others.push(...witnesses.start((await town.asks("platform")).public_log, quorum));
      } else {
        await town.configure(configured);
        await town.start();
      }
      await town.roles();
    } catch (error) {
      await town.close();
      throw error;
    }
    return town;
  }

  /** The root certificate: what bidders choose to believe. */
  get root(): string {
    return join(this.trust, `${CA}.pem`);
  }

  get trust(): string {
    return join(this.folder, "trust");
  }

  get data(): string {
    return join(this.folder, "platform");
  }

  get log(): string {
    return join(this.folder, "platform.log");
  }

  /** Starts the platform, and waits until it is ready. */
  async start(): Promise<void> {
    const args = ["serve", "--data", this.data, "--config", join(this.folder, "kaibiao.toml")];
    this.server = Process.start(this.folder, {}, args, this.log);
    await until("the platform is ready", async () => {
      if (!this.server?.running) throw new Error(`${BINARY} ended:\n${readFileSync(this.log, "utf8")}`);
      return (await fetch(`http://127.0.0.1:${this.port}/readyz`)).ok;
    });
  }

  /** Kills the platform without warning. */
  async kill(): Promise<void> {
    await this.server?.stop("SIGKILL");
  }

  /** Somebody does something from the command line, which must succeed. */
  async does(name: Name, ...args: string[]): Promise<any> {
    const done = await this.tries(name, ...args);
    if (!done.success) throw new Error(`${name}: kaibiao ${args.join(" ")}\n${JSON.stringify(done.result)}\n${done.words}`);
    return done.result;
  }

  /** Somebody tries something from the command line. */
  tries(name: Name, ...args: string[]): Promise<Done> {
    const person = this.people[name];
    return run(person.folder, this.env(person), args);
  }

  /** Somebody leaves a process running, such as a custodian's agent. */
  leaves(name: Name, ...args: string[]): Process {
    const person = this.people[name];
    const log = join(person.folder, `${args[0]}.log`);
    const process = Process.start(person.folder, this.env(person), args, log);
    this.others.push(process);
    return process;
  }

  /** What the public is told of a path of the API. */
  async asks(path: string): Promise<any> {
    const reply = await fetch(`http://127.0.0.1:${this.port}/api/v1/${path}`);
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
    return reply.json();
  }

  /** A file of somebody's own. */
  file(name: Name, file: string): string {
    return join(this.people[name].folder, file);
  }

  writes(name: Name, file: string, value: unknown): string {
    const path = this.file(name, file);
    writeFileSync(path, JSON.stringify(value, null, 2));
    return path;
  }

  async close(): Promise<void> {
    for (const other of this.others) await other.stop();
    await this.server?.stop();
    await this.page?.close();
    if (process.env["KAIBIAO_KEEP"]) console.log(`kept: ${this.folder}`);
    else rmSync(this.folder, { recursive: true, force: true });
  }

  private env(person: Person): Record<string, string> {
    return {
      KAIBIAO_SERVER: `http://127.0.0.1:${this.port}`,
      KAIBIAO_KEY: person.p12,
      KAIBIAO_PASSPHRASE_FILE: join(person.folder, "passphrase"),
      KAIBIAO_CA: this.trust,
      KAIBIAO_STATE: join(person.folder, "state"),
    };
  }

  private async certificates(): Promise<void> {
    const office = async (...args: string[]) => {
      const done = await run(this.folder, {}, args);
      if (!done.success) throw new Error(`kaibiao ${args.join(" ")}\n${done.words}`);
      return done.result;
    };
    const other = this.suite === "gm" ? "intl" : "gm";
    const kind = (suite: Suite) => (suite === "gm" ? ["--key-type", "sm2"] : []);
    const [ca, otherCa] = [join(this.folder, "ca"), join(this.folder, "other-ca")];
    await office("pki", "init", ca, "--id", CA, ...kind(this.suite));
    await office("pki", "init", otherCa, "--id", OTHER_CA, "--name", "另一 CA", ...kind(other));
    for (const [key, value] of Object.entries(PARTS)) {
      const name = key as Name;
      const part: Part = value;
      const folder = join(this.folder, part.folder);
      mkdirSync(folder);
      const passphrase = `pass of ${name}`;
      writeFileSync(join(folder, "passphrase"), passphrase);
      const p12 = join(folder, "key.p12");
      const suite = part.other ? other : this.suite;
      const result = await office(
        ...["pki", "issue", "--ca", part.other ? otherCa : ca, "--name", part.organisation, "--code", part.code, "--person", part.person],
        ...["--output", p12, "--passphrase-file", join(folder, "passphrase")],
        // With SM2 a pair is the rule, and it may go into a token.
        ...(suite === "gm" ? ["--pem-key"] : ["--key-type", part.key, ...(part.pair ? ["--pair"] : [])]),
      );
      const { organisation, person } = part;
      this.people[name] = { name, folder, p12, passphrase, code: result.code, organisation, person, suite };
    }
    for (const authority of [ca, otherCa]) await office("pki", "trust", "--ca", authority, "--output", this.trust);
    if (this.suite === "gm") await this.certifyPlatform(office, ca);
  }

  /** The pair by which the platform signs a second time, where the service looks for it. */
  private async certifyPlatform(office: (...args: string[]) => Promise<unknown>, ca: string): Promise<void> {
    const folder = join(`${this.data}.secret`, "sm2");
    mkdirSync(folder, { recursive: true });
    const { organisation, code } = PARTS.centre;
    await office(
      ...["pki", "issue", "--ca", ca, "--name", organisation, "--code", code, "--person", "开标平台", "--single", "--pem-key"],
      ...["--output", join(folder, "platform.p12"), "--passphrase-file", this.file("centre", "passphrase")],
    );
  }

  private async configure(configured: string): Promise<void> {
    const config = join(this.folder, "kaibiao.toml");
    const limits = "[limits]\nlogins_per_minute = 6000\nlogins_burst = 6000\n";
    writeFileSync(
      config,
      `listen = "127.0.0.1:${this.port}"\npublic_url = "${this.url}"\n${LEGAL}${limits}` +
        `[trust]\ndirectory = "${this.trust}"\nreload_seconds = 5\n${configured}`,
    );
    await this.does(
      "administrator",
      ...["account", "admin", "--data", this.data, "--config", config],
      ...["--cert", this.file("administrator", "key.cert.pem")],
    );
  }

  private async roles(): Promise<void> {
    const bound = [
      ["host", "host"],
      ["centre", "centre"],
      ["supervisor", "supervisor"],
    ] as const;
    for (const [name, role] of bound) {
      const { code, organisation } = this.people[name];
      await this.does("administrator", "role", "bind", "--authority", CA, "--code", code, "--name", organisation, "--role", role);
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
