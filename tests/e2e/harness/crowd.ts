/** Many bidders who do everything by the command line, with names of every length. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./processes";
import { sheet } from "./tender";
import type { Town } from "./town";

const PLACES = ["福州", "厦门", "泉州", "漳州", "莆田", "三明", "南平", "龙岩", "宁德", "平潭综合实验区"];
const TRADES = ["建筑", "市政园林", "机电设备安装", "智能化系统集成", "水利水电工程勘察设计研究院", "路桥", "装饰", "消防"];
const FORMS = ["有限公司", "集团有限公司", "（集团）股份有限公司", "有限责任公司"];
/** So many processes at once. */
const AT_ONCE = 3;

interface One {
  folder: string;
  name: string;
  kbid: string;
}

export class Crowd {
  readonly all: One[] = [];

  private constructor(private readonly town: Town) {}

  /** Certificates for so many, each registered as a bidder. */
  static async come(town: Town, size: number): Promise<Crowd> {
    const crowd = new Crowd(town);
    for (let at = 0; at < size; at += 1) {
      const name = `${PLACES[at % PLACES.length]}${"甲乙丙丁戊己庚"[at % 7]}${TRADES[(at * 3) % TRADES.length]}${FORMS[at % FORMS.length]}`;
      const folder = join(town.folder, `crowd-${at}`);
      mkdirSync(folder);
      crowd.all.push({ folder, name, kbid: join(folder, "bid.kbid") });
    }
    await crowd.each(async (one, at) => {
      writeFileSync(join(one.folder, "passphrase"), "pass of many");
      await crowd.does(
        one,
        ...["pki", "issue", "--ca", join(town.folder, "ca"), "--name", one.name, "--code", `91350900MA${String(at).padStart(7, "0")}`],
        ...["--person", `代表${at}`, "--key-type", "p-256", "--output", join(one.folder, "key.p12")],
        ...["--passphrase-file", join(one.folder, "passphrase")],
      );
      await crowd.does(one, "account", "register");
    });
    return crowd;
  }

  /** Everybody seals and hands in. */
  async bid(project: string, lot: string): Promise<void> {
    await this.each(async (one, at) => {
      const [document, figures] = [join(one.folder, "技术文件.txt"), join(one.folder, "sheet.json")];
      writeFileSync(document, `技术文件 ${one.name}`);
      writeFileSync(figures, JSON.stringify(sheet(780_000_000 + at * 1_234_567, 180 + at, `经理${at}`, "1.20")));
      const from = ["--terms", `http://127.0.0.1:${this.town.port}`, "--project", project, "--lot", lot];
      await this.does(one, "bid", "seal", ...from, "--sheet", figures, "--document", document, "--output", one.kbid);
      await this.does(one, "bid", "submit", one.kbid);
      const person = ["--name", `代表${at}`, "--phone", "13800000000", "--identity-number", "350100199001010013"];
      await this.does(one, "bid", "sign-in", project, "--lot", lot, ...person);
    });
  }

  /** Everybody unlocks, but for the last `without`. */
  async unlock(without = 0): Promise<void> {
    await this.each((one) => this.does(one, "bid", "unlock", one.kbid), this.all.slice(0, this.all.length - without));
  }

  /** One of them does something. */
  async does(one: One, ...args: string[]): Promise<unknown> {
    const env = {
      KAIBIAO_SERVER: `http://127.0.0.1:${this.town.port}`,
      KAIBIAO_KEY: join(one.folder, "key.p12"),
      KAIBIAO_PASSPHRASE_FILE: join(one.folder, "passphrase"),
      KAIBIAO_CA: this.town.trust,
      KAIBIAO_STATE: join(one.folder, "state"),
    };
    const done = await run(one.folder, env, args);
    if (!done.success) throw new Error(`${one.name}: kaibiao ${args.join(" ")}\n${JSON.stringify(done.result)}\n${done.words}`);
    return done.result;
  }

  private async each(work: (one: One, at: number) => Promise<unknown>, of: One[] = this.all): Promise<void> {
    const waiting = of.map((one, at) => ({ one, at }));
    const hands = Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await work(next.one, next.at);
    });
    await Promise.all(hands);
  }
}
