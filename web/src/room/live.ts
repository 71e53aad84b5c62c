/**
 * The connection to a live room. It comes back by itself: after a cut with
 * growing pauses, at once when the network or the page returns.
 */
import type { Schemas } from "@/api";

type RoomMessage = Schemas["RoomMessage"];

interface Listener {
  message(message: RoomMessage): void;
  connection(state: Connection): void;
  /** Where to go on: how many items of the feed are there. */
  after(): number;
}

export type Connection = "connecting" | "live" | "lost";

/** The server tells its clock every 15 s; after a silence this long, ms, the connection is lost. */
const SILENCE = 40_000;
const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 8_000;

export class Live {
  private socket: WebSocket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pause = FIRST_PAUSE;
  private stopped = false;
  private heard = 0;
  private readonly wake = () => this.hurry();
  private readonly watch: ReturnType<typeof setInterval>;

  constructor(
    private readonly project: string,
    private readonly listener: Listener,
  ) {
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    this.watch = setInterval(() => this.look(), 5_000);
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    clearInterval(this.watch);
    clearTimeout(this.timer);
    this.drop();
  }

  private connect(): void {
    if (this.stopped) return;
    this.listener.connection(this.pause === FIRST_PAUSE ? "connecting" : "lost");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const url = `${scheme}://${location.host}/api/v1/openings/${this.project}/live?after=${this.listener.after()}`;
    const socket = new WebSocket(url);
    this.socket = socket;
    this.heard = performance.now();
    socket.onmessage = ({ data }) => {
      this.heard = performance.now();
      const message = JSON.parse(data as string) as RoomMessage;
      if (message.type === "hello") {
        this.pause = FIRST_PAUSE;
        this.listener.connection("live");
      }
      this.listener.message(message);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.again();
    };
  }

  /** Tries again after a pause that differs from everybody else's. */
  private again(): void {
    this.socket = undefined;
    if (this.stopped) return;
    this.listener.connection("lost");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), this.pause * (0.5 + Math.random()));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  private hurry(): void {
    if (document.visibilityState !== "visible") return;
    this.look();
    if (this.socket || this.stopped) return;
    clearTimeout(this.timer);
    this.connect();
  }

  /** Replaces a connection that has fallen silent, after a sleep of the device for instance. */
  private look(): void {
    if (!this.socket || performance.now() - this.heard < SILENCE) return;
    this.drop();
    this.again();
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = undefined;
    if (!socket) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }
}
