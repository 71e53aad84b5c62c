// A room by ws: POST /pub/ROOM says something to everybody at /sub/ROOM, and whoever comes
// with ?last=N is first told what came after the N-th. ws.js PORT
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const rooms = new Map();
const room = (path) => {
  const name = path.split("/")[2];
  if (!rooms.has(name)) rooms.set(name, { said: [], watchers: new Set() });
  return rooms.get(name);
};

const server = createServer(async (request, reply) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const { said, watchers } = room(request.url);
  const text = Buffer.concat(pieces).toString();
  said.push(text);
  for (const watcher of watchers) watcher.send(text);
  reply.end(JSON.stringify({ last_message_id: String(said.length) }));
});

new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (watcher, request) => {
  const { pathname, searchParams } = new URL(request.url, "http://x");
  const { said, watchers } = room(pathname);
  for (const text of searchParams.has("last") ? said.slice(Number(searchParams.get("last"))) : []) watcher.send(text);
  watchers.add(watcher);
  watcher.on("close", () => watchers.delete(watcher));
});
server.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
