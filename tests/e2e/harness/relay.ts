/** A mail relay (RFC 5321) that keeps what it is given. */
import { createServer, type Server, type Socket } from "node:net";

export interface Letter {
  to: string;
  text: string;
}

export class Relay {
  private readonly letters: Letter[] = [];
  private taken = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static open(): Promise<Relay> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => relay.serve(socket));
      let relay: Relay;
      server.on("error", reject);
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        if (!address || typeof address !== "object") return reject(new Error("no port"));
        relay = new Relay(server, address.port);
        resolve(relay);
      });
    });
  }

  /** The next letter. */
  async next(patience = 30_000): Promise<Letter> {
    const late = Date.now() + patience;
    while (this.letters.length <= this.taken) {
      if (Date.now() > late) throw new Error("no letter has come");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return this.letters[this.taken++]!;
  }

  close(): void {
    this.server.close();
  }

  private serve(socket: Socket): void {
    const say = (line: string) => socket.write(`${line}\r\n`);
    let unread = "";
    let to = "";
    let letter: string[] | undefined;
    socket.on("error", () => undefined);
    say("220 relay");
    socket.on("data", (piece) => {
      unread += piece.toString("latin1");
      const lines = unread.split("\r\n");
      unread = lines.pop() ?? "";
      for (const line of lines) {
        if (letter && line !== ".") letter.push(line);
        else if (letter) {
          this.letters.push({ to, text: plain(letter) });
          letter = undefined;
          say("250 taken");
        } else if (/^DATA/i.test(line)) {
          letter = [];
          say("354 go on");
        } else {
          if (/^RCPT/i.test(line)) to = line;
          say(/^QUIT/i.test(line) ? "221 bye" : "250 ok");
        }
      }
    });
  }
}

/** A letter's text, as a reader of mail shows it (RFC 2045, 6). */
function plain(lines: string[]): string {
  const end = lines.indexOf("");
  const head = lines.slice(0, end).join("\n");
  const body = lines.slice(end + 1);
  if (/^content-transfer-encoding: base64/im.test(head)) return Buffer.from(body.join(""), "base64").toString("utf8");
  const joined = body.join("\n").replaceAll("=\n", "");
  return Buffer.from(
    joined.replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    "latin1",
  ).toString("utf8");
}
