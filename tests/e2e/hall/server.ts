/** What the page asks of a server is answered here, by what the address says. */
import { search } from "./search";
import { feed, openingRecord, PROJECT, projectView, read } from "./views";

const made = read(search);
const items = feed(made);
const view = { ...projectView(made), feed: items.length };

/** The bytes of the record of lot 1, and the digest under which the view names it. */
const record = new TextEncoder().encode(JSON.stringify(openingRecord(made, view)));
const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", record))].map((it) => it.toString(16).padStart(2, "0")).join("");
for (const state of view.lots["1"]?.records ?? []) state.record = digest;

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": status < 400 ? "application/json" : "application/problem+json" },
  });

globalThis.fetch = (asked: RequestInfo | URL) => {
  const { pathname } = new URL(asked instanceof Request ? asked.url : String(asked), location.href);
  if (pathname === "/api/v1/time") return Promise.resolve(json({ now: Date.now(), wall: Date.now(), steady: true }));
  if (pathname === `/api/v1/projects/${PROJECT}`) return Promise.resolve(json(view));
  if (pathname === `/api/v1/projects/${PROJECT}/lots/1/record.json`) return Promise.resolve(new Response(record));
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
