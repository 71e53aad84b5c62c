/** What the page asks of a server is answered here, by what the address says. */
import { feed, PROJECT, projectView, read } from "./views";

import { search } from "./search";
const made = read(search);
const items = feed(made);
const view = { ...projectView(made), feed: items.length };

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": status < 400 ? "application/json" : "application/problem+json" } });

globalThis.fetch = (asked: RequestInfo | URL) => {
  const { pathname } = new URL(asked instanceof Request ? asked.url : String(asked), location.href);
  if (pathname === "/api/v1/time") return Promise.resolve(json({ now: Date.now(), wall: Date.now(), steady: true }));
  if (pathname === `/api/v1/projects/${PROJECT}`) return Promise.resolve(json(view));
  return Promise.resolve(json({ code: "not-found", detail: pathname, status: 404 }, 404));
};

/** The live feed: says hello, and what was said so far. */
class Feed {
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor() {
    setTimeout(() => {
      const tell = (message: unknown) => this.onmessage?.({ data: JSON.stringify(message) });
      tell({ type: "hello", after: 0, length: items.length, now: Date.now(), steady: true });
      for (const item of items) tell({ type: "item", ...item });
    });
  }

  close(): void {
    this.onmessage = null;
  }
}
globalThis.WebSocket = Feed as unknown as typeof WebSocket;
