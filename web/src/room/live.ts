/**
 * The connection to a live room. It comes back by itself: after a cut with
 * growing pauses, at once when the network or the page returns. Where no
 * WebSocket gets through, the feed is asked for instead, and the socket is tried
 * again from time to time.
 */
import type { Schemas } from "@/api";
import { Polling } from "./polling";

type RoomMessage = Schemas["RoomMessage"];

interface Listener {
  message(message: RoomMessage): void;
  connection(state: Connection): void;
  /** Where to go on: how many items of the feed are there. */
  after(): number;
  /** The feed is shorter than what is known of it. */
  shorter(): void;
}

/** `polling`: no socket gets through, and all goes on by asking. */
export type Connection = "connecting" | "live" | "polling" | "lost";

/** The server tells its clock every 15 s; after a silence this long, ms, the connection is lost. */
const SILENCE = 40_000;
const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 8_000;
/** While asking works, the socket is tried so often, ms. */
const LONGEST_WHILE_POLLING = 60_000;
/** So many sockets that say nothing before the feed is asked for. */
const SILENT = 3;
/** The feed is asked for as well while a socket says nothing for so long, ms: some proxies neither open nor refuse it. */
const MUTE = 6_000;

export class Live {
  private socket: WebSocket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pause = FIRST_PAUSE;
  private stopped = false;
  private heard = 0;
  /** Whether the present socket has said anything. */
  private greeted = false;
  private silent = 0;
  private asking = false;
  private readonly polling: Polling;
  private readonly wake = () => this.hurry();
  private readonly watch: ReturnType<typeof setInterval>;

  constructor(
    private readonly project: string,
    private readonly listener: Listener,
  ) {
    this.polling = new Polling(project, {
      item: (item) => listener.message({ ...item, type: "item" }),
      shorter: () => listener.shorter(),
      after: () => listener.after(),
      answered: (is) => this.answered(is),
    });
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
    this.polling.stop();
    this.drop();
  }

  private connect(): void {
    if (this.stopped) return;
    if (!this.asking) this.listener.connection(this.pause === FIRST_PAUSE ? "connecting" : "lost");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const url = `${scheme}://${location.host}/api/v1/openings/${this.project}/live?after=${this.listener.after()}`;
    const socket = new WebSocket(url);
    this.socket = socket;
    this.heard = performance.now();
    this.greeted = false;
    socket.onmessage = ({ data }) => {
      this.heard = performance.now();
      const message = JSON.parse(data as string) as RoomMessage;
      if (message.type === "hello") {
        this.pause = FIRST_PAUSE;
        this.greeted = true;
        this.silent = 0;
        this.polling.stop();
        this.asking = false;
        this.listener.connection("live");
      }
      this.listener.message(message);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.again();
    };
  }

  private answered(is: boolean): void {
    const back = is && !this.asking;
    this.asking = is;
    this.listener.connection(is ? "polling" : "lost");
    // Somebody answers again: the socket may come through too.
    if (!back || this.socket) return;
    clearTimeout(this.timer);
    this.connect();
  }

  /** Tries again after a pause that differs from everybody else's. */
  private again(): void {
    this.socket = undefined;
    if (this.stopped) return;
    if (!this.greeted) this.silent += 1;
    if (this.silent >= SILENT) this.polling.start();
    if (!this.asking) this.listener.connection("lost");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), this.pause * (0.5 + Math.random()));
    this.pause = Math.min(this.pause * 2, this.asking ? LONGEST_WHILE_POLLING : LONGEST_PAUSE);
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
    if (!this.socket) return;
    const quiet = performance.now() - this.heard;
    if (!this.greeted && quiet >= MUTE) this.polling.start();
    if (quiet < SILENCE) return;
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
