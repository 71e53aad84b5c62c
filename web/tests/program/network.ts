/** A bad network: a TCP proxy that cuts connections, or holds them and lets nothing through. */
import { connect, createServer, type Server, type Socket } from "node:net";

export class BadNetwork {
  url = "";
  /** Bytes that came from clients, over all connections. */
  received = 0;
  /** How many connections were cut. */
  cuts = 0;
  /** After so many bytes of a client's a connection is cut; 0: never. */
  cutAfter = 0;
  /** Which connections are cut so: every one, or every third. */
  cutEvery = 1;
  /** After so many bytes of all, once, a connection is held for good with both ends open; 0: never. */
  holdAfter = 0;
  held = false;
  private connections = 0;
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  async open(target: string): Promise<void> {
    const { hostname, port } = new URL(target);
    this.server = createServer((client) => this.pass(client, connect(Number(port), hostname)));
    await new Promise<void>((resolve) => void this.server?.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server?.close();
  }

  private pass(client: Socket, server: Socket): void {
    let sent = 0;
    this.connections += 1;
    const bad = this.cutAfter > 0 && this.connections % this.cutEvery === 0;
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on("error", () => {});
    }
    client.on("data", (bytes) => {
      sent += bytes.length;
      this.received += bytes.length;
      if (this.holdAfter && this.received > this.holdAfter) {
        this.holdAfter = 0;
        this.held = true;
        client.removeAllListeners().on("error", () => {});
        server.removeAllListeners().on("error", () => {});
        client.pause();
        return;
      }
      if (!server.write(bytes)) client.pause();
      if (bad && sent > this.cutAfter) {
        this.cuts += 1;
        end();
      }
    });
    server.on("drain", () => client.resume());
    server.on("data", (bytes) => client.write(bytes));
    client.on("close", end);
    server.on("close", end);
  }
}
