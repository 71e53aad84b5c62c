/** A small town for tests: certificates for everybody, a server that really runs, and sessions with it. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeAct, lowS, type Bytes, type Judge } from "@/crypto/bid";
import { base64 } from "@/crypto/bid/encoding";
import { completeOrganisationCode } from "@/crypto/bid/organisation";
import type { ActBody, SignedAct } from "@/crypto/contract";
import { openFiles } from "@/crypto/keyring";
import type { Keyring } from "@/crypto/keys";
import { readCertificates } from "@/crypto/pem";
import { readLists } from "@/crypto/revocation";
import { authoritiesOf, judgeBy, type NamedAuthority } from "@/crypto/trust";

/** The binary. What cannot be tried against it has not passed. */
export const PROGRAM = process.env["KAIBIAO_BIN"] ?? fail("KAIBIAO_BIN has to name the built program");
export const PASSPHRASE = "not a secret";
export const CA = "town-ca";

/** The program takes every variable of its prefix for a setting, and knows no such one. */
export const { KAIBIAO_BIN: _, ...ENVIRONMENT } = process.env;

function fail(why: string): never {
  throw new Error(why);
}

interface Person {
  folder: string;
  name: string;
  code: string;
}

/** Certificates for everybody and a server: what server/tests/town is to the program's own tests. */
export class Town {
  folder = "";
  readonly people: Record<string, Person> = {};
  url = "";
  private server: ChildProcess | undefined;

  async found(): Promise<void> {
    this.folder = mkdtempSync(join(tmpdir(), "kaibiao-interop-"));
    writeFileSync(join(this.folder, "passphrase"), PASSPHRASE);
    this.run(["pki", "init", join(this.folder, "ca"), "--id", CA]);
    for (const [id, name, code, more] of [
      ["administrator", "河口公共资源交易中心", "12350100MB0000A01", []],
      ["centre", "河口公共资源交易中心", "12350100MB0000A01", []],
      ["agency", "清源工程咨询有限公司", "91350100MA0000C03", []],
      ["supervisor", "河口住房和城乡建设局", "11350100MB0000D04", []],
      ["jia", "福安建筑工程有限公司", "91350200MA1111000", ["--key-type", "p-256"]],
      ["yi", "东岭建筑工程有限公司", "91350201MA1111001", ["--key-type", "rsa-2048", "--pair"]],
    ] as [string, string, string, string[]][])
      this.people[id] = this.issue(id, name, code, more);
    this.run(["pki", "trust", "--ca", join(this.folder, "ca"), "--output", join(this.folder, "trust")]);
    this.url = `http://127.0.0.1:${await freePort()}`;
    const listen = this.url.replace("http://", "");
    const config = `listen = "${listen}"\n[legal]\nnotice_seconds = 1\namendment_seconds = 1\nwindow_seconds = 5\n[trust]\ndirectory = "${join(this.folder, "trust")}"\n`;
    writeFileSync(join(this.folder, "kaibiao.toml"), config);
    this.run(["account", "admin", ...this.data(), "--cert", join(this.people["administrator"]!.folder, "key.cert.pem")]);
    await this.serve();
    for (const role of ["host", "centre", "supervisor"]) {
      const { name, code } = this.people[role === "host" ? "agency" : role]!;
      this.must("administrator", ["role", "bind", "--authority", CA, "--code", code, "--name", name, "--role", role]);
    }
    for (const bidder of ["jia", "yi"]) this.must(bidder, ["account", "register"]);
  }

  private data(): string[] {
    return ["--data", join(this.folder, "platform"), "--config", join(this.folder, "kaibiao.toml")];
  }

  private async serve(): Promise<void> {
    const log = openSync(join(this.folder, "platform.log"), "a");
    this.server = spawn(PROGRAM, ["serve", ...this.data()], { env: ENVIRONMENT, stdio: ["ignore", log, log] });
    await until("the server is ready", () =>
      fetch(`${this.url}/readyz`).then(
        (reply) => reply.ok,
        () => false,
      ),
    );
  }

  /** kill -9, and a start on the same data at the same address. */
  async restart(): Promise<void> {
    const ended = new Promise((resolve) => this.server?.once("exit", resolve));
    this.server?.kill("SIGKILL");
    await ended;
    await this.serve();
  }

  /** A participant does something that has to succeed. */
  must(who: string, args: string[]): any {
    const { folder } = this.people[who]!;
    const key: Record<string, string> = args.includes("--keyfile") ? {} : { KAIBIAO_KEY: join(folder, "key.p12") };
    return this.run(args, { KAIBIAO_SERVER: this.url, KAIBIAO_CA: join(this.folder, "trust"), ...key }, folder);
  }

  file(who: string, name: string): string {
    return join(this.people[who]!.folder, name);
  }

  /** A project of one lot whose T0 is some seconds away. */
  publish(seconds: number): string {
    const named = (who: string) => ({ name: this.people[who]!.name, organisation: this.people[who]!.code });
    const custodians = ["agency", "centre", "supervisor"];
    const draft = {
      number: "HK-2026-0011",
      title: "河口小学运动场改造",
      officials: { tenderer: named("agency"), centre: named("centre"), supervisor: named("supervisor") },
      t0: Date.now() + seconds * 1000,
      lots: {
        "1": {
          title: "运动场",
          schema: {
            fields: [
              { id: "price", label: "投标报价", type: "money", required: true, public: true },
              { id: "manager", label: "项目经理", type: { text: { max: 30 } }, required: true, public: false },
            ],
            price: "price",
            better: "low",
          },
          custodians: custodians.map(named),
          release: 2,
          rescue: 3,
          policy: {
            minimum: 2,
            fails_after_unlock: false,
            masked: false,
            reading: "received",
            stays: {
              checking: 600,
              starting: 600,
              window: 120,
              extensions: 600,
              rescue: 60,
              quorum: 60,
              releasing: 60,
              opening: 60,
              announcing: 600,
              confirming: 60,
              objections: 600,
              signing: 600,
              suspension: 600,
              returning: 120,
            },
          },
        },
      },
      outage_moves_t0: false,
    };
    writeFileSync(this.file("agency", "draft.json"), JSON.stringify(draft));
    const { id } = this.must("agency", ["project", "draft", "--file", this.file("agency", "draft.json")]);
    for (const who of custodians) this.must(who, ["custodian", "key", id, "--custody", this.file(who, "custody")]);
    this.must("agency", ["project", "publish", id]);
    return id;
  }

  async keyring(who: string): Promise<Keyring> {
    return openFiles([{ name: "key.p12", bytes: new Uint8Array(readFileSync(this.file(who, "key.p12"))) }], PASSPHRASE);
  }

  /** The town's root, under the name that the platform gives it, with the lists that it serves. */
  async judge(): Promise<Judge> {
    const platform = (await (await fetch(`${this.url}/api/v1/platform`)).json()) as { cas: NamedAuthority[] };
    const roots = readCertificates(new Uint8Array(readFileSync(join(this.folder, "ca", "ca.pem"))));
    const authorities = authoritiesOf(roots, platform.cas);
    return {
      judge: async (chain, at, use, kept) => {
        const lists = await Promise.all((kept?.lists ?? []).map((digest) => this.list(digest)));
        return judgeBy(authorities, readLists(lists)).judge(chain, at, use, kept);
      },
    };
  }

  private async list(digest: string): Promise<Uint8Array> {
    const reply = await fetch(`${this.url}/api/v1/revocation-lists/${digest}`);
    if (!reply.ok) throw new Error(`list ${digest}: ${reply.status}`);
    return new Uint8Array(await reply.arrayBuffer());
  }

  close(): void {
    this.server?.kill("SIGKILL");
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
  }

  private issue(id: string, name: string, code17: string, more: string[]): Person {
    const folder = join(this.folder, id);
    mkdirSync(folder);
    const type = more.includes("--key-type") ? [] : ["--key-type", "p-256"];
    const issued = this.run([
      "pki",
      "issue",
      "--ca",
      join(this.folder, "ca"),
      "--name",
      name,
      "--code",
      code17,
      "--person",
      id,
      ...type,
      ...more,
      "--output",
      join(folder, "key.p12"),
    ]);
    return { folder, name, code: issued?.code ?? completeOrganisationCode(code17) };
  }

  private run(args: string[], more: Record<string, string> = {}, cwd = this.folder): any {
    const env = {
      ...ENVIRONMENT,
      KAIBIAO_PASSPHRASE_FILE: join(this.folder, "passphrase"),
      KAIBIAO_STATE: join(this.folder, "state"),
      ...more,
    };
    const done = spawnSync(PROGRAM, ["--json", ...args], { env, cwd, encoding: "utf8", maxBuffer: 1 << 28 });
    if (done.status !== 0) throw new Error(`kaibiao ${args.join(" ")}\n${done.stdout}\n${done.stderr}`);
    const last = done.stdout.trim().split("\n").at(-1);
    return last ? JSON.parse(last) : undefined;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export async function until(what: string, holds: () => Promise<boolean>, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function sign(
  ring: Keyring,
  place: { origin: string; project: string },
  body: ActBody,
  secrets?: string[],
): Promise<SignedAct> {
  const composed = composeAct(place, body);
  const { signing } = ring;
  if (signing.algorithm === "sm2-sm3") throw new Error("a key that WebCrypto holds is asked for");
  const { algorithm, privateKey, chain } = signing;
  const rsa = algorithm === "rsa-pkcs1-sha256";
  const raw = new Uint8Array(
    await crypto.subtle.sign(rsa ? "RSASSA-PKCS1-v1_5" : { name: "ECDSA", hash: "SHA-256" }, privateKey!, composed.message),
  );
  const signature = { algorithm, value: base64(rsa ? raw : lowS(raw)), chain: chain.map(base64) };
  return { body: composed.body, signature, ...(secrets ? { secrets } : {}) };
}

/** A person's session over plain HTTP. */
export class Session {
  private constructor(
    private readonly url: string,
    readonly cookie: string,
  ) {}

  static async login(url: string, ring: Keyring): Promise<Session> {
    const { challenge, origin } = (await (await fetch(`${url}/api/v1/login/challenge`, { method: "POST" })).json()) as {
      challenge: string;
      origin: string;
    };
    const act = await sign(ring, { origin, project: "" }, { act: "login", challenge, address: url });
    const reply = await fetch(`${url}/api/v1/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(act),
    });
    if (!reply.ok) throw new Error(await reply.text());
    return new Session(url, reply.headers.get("set-cookie")!.split(";")[0]!);
  }

  async get<T>(path: string): Promise<T> {
    const reply = await fetch(`${this.url}/api/v1/${path}`, { headers: { cookie: this.cookie } });
    if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
    return (await reply.json()) as T;
  }

  async bytes(path: string): Promise<Bytes> {
    const reply = await fetch(`${this.url}/api/v1/${path}`, { headers: { cookie: this.cookie } });
    if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
    return new Uint8Array(await reply.arrayBuffer());
  }

  async post<T>(path: string, value: unknown): Promise<T> {
    const headers = { cookie: this.cookie, "content-type": "application/json" };
    const reply = await fetch(`${this.url}/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(value) });
    if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
    return (await reply.json()) as T;
  }

  async patch(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
    const headers = {
      cookie: this.cookie,
      "content-type": "application/offset+octet-stream",
      "tus-resumable": "1.0.0",
      "upload-offset": "0",
    };
    return fetch(new URL(path, this.url), { method: "PATCH", headers, body: bytes });
  }
}
