import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Connection, Live } from "./live";
import { EVERY } from "./polling";

vi.mock("@/api", () => ({
  data: (call: Promise<unknown>) => call,
  api: { GET: (_: string, { params }: { params: { query: { after: number } } }) => answer(params.query.after) },
}));

/** What the network lets through, and what the platform has to tell. */
let sockets: "open" | "refused" | "mute";
let reachable: boolean;
let feed: number;
let tries: Socket[];
let asked: number[];

class Socket {
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  private clock: ReturnType<typeof setInterval> | undefined;

  constructor() {
    tries.push(this);
    if (sockets === "refused") setTimeout(() => this.onclose?.(), 20);
    const hello = { type: "hello", after: heard.length, length: feed, now: 0, steady: true };
    if (sockets !== "open") return;
    setTimeout(() => this.tell(hello), 20);
    // As the platform does, so that no socket is taken for a silent one.
    this.clock = setInterval(() => this.tell({ type: "clock", now: 0 }), 15_000);
  }

  close(): void {
    this.onclose = null;
    clearInterval(this.clock);
  }

  private tell(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** A page of the feed, two items long. */
async function answer(after: number): Promise<unknown> {
  if (!reachable) throw new TypeError("no network");
  asked.push(after);
  const items = Array.from({ length: Math.max(0, Math.min(2, feed - after)) }, (_, at) => ({ n: after + at + 1 }));
  return { items, next: Math.min(after, feed) + items.length, now: 0 };
}

let heard: number[];
let states: Connection[];
let shorter: number;
let live: Live;

const listener = {
  message: (message: { type: string; n?: number }) => {
    if (message.type === "item" && message.n === heard.length + 1) heard.push(message.n);
  },
  connection: (state: Connection) => {
    if (states.at(-1) !== state) states.push(state);
  },
  after: () => heard.length,
  shorter: () => void (shorter += 1),
};

beforeEach(() => {
  vi.useFakeTimers();
  const target = new EventTarget();
  vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
  vi.stubGlobal("removeEventListener", target.removeEventListener.bind(target));
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
  vi.stubGlobal("location", { protocol: "https:", host: "page" });
  vi.stubGlobal("WebSocket", Socket);
  [sockets, reachable, feed, shorter] = ["refused", true, 5, 0];
  [tries, asked, heard, states] = [[], [], [], []];
});
afterEach(() => {
  live.stop();
  vi.useRealTimers();
});

const begin = () => (live = new Live("p", listener as never));
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("a network that lets no socket through", () => {
  it("is gone on in by asking, all pages of the feed at once, and then what is new", async () => {
    begin();
    await pass(10_000);
    expect(states.at(-1)).toBe("polling");
    expect(heard).toEqual([1, 2, 3, 4, 5]);
    feed = 6;
    await pass(2 * EVERY);
    expect(heard).toHaveLength(6);
    const before = tries.length;
    await pass(300_000);
    // The socket is tried from time to time, and nothing is called lost for that.
    expect(tries.length - before).toBeGreaterThan(2);
    expect(tries.length - before).toBeLessThan(30);
    expect(states.slice(states.indexOf("polling"))).toEqual(["polling"]);
  });

  it("is asked in too where sockets are neither opened nor refused", async () => {
    sockets = "mute";
    begin();
    await pass(15_000);
    expect(states.at(-1)).toBe("polling");
    expect(heard).toHaveLength(5);
  });

  it("is left as soon as a socket comes through", async () => {
    begin();
    await pass(10_000);
    sockets = "open";
    await pass(100_000);
    expect(states.at(-1)).toBe("live");
    const before = asked.length;
    await pass(30_000);
    expect(asked).toHaveLength(before);
  });

  it("is called lost only when nobody answers, and is back by itself", async () => {
    begin();
    await pass(10_000);
    reachable = false;
    await pass(10_000);
    expect(states.at(-1)).toBe("lost");
    reachable = true;
    await pass(10_000);
    expect(states.at(-1)).toBe("polling");
  });

  it("is begun anew in where the feed is another viewer's", async () => {
    begin();
    await pass(10_000);
    feed = 1;
    await pass(2 * EVERY);
    expect(shorter).toBe(1);
  });
});

it("nothing is asked for while the socket lives, nor after the room is left", async () => {
  sockets = "open";
  begin();
  await pass(30_000);
  expect(states).toEqual(["connecting", "live"]);
  expect(asked).toEqual([]);
  sockets = "refused";
  tries.at(-1)?.onclose?.();
  await pass(10_000);
  expect(states.at(-1)).toBe("polling");
  live.stop();
  const before = [asked.length, tries.length];
  await pass(60_000);
  expect([asked.length, tries.length]).toEqual(before);
});
