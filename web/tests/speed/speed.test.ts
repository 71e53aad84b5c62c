/**
 * Speed of sealing in Node and in Chromium, each next to its own WebCrypto.
 * Measured on demand: npx vitest run --config tests/speed/vitest.config.ts,
 * of KAIBIAO_SPEED MiB; what Chromium reached is written as JSON to KAIBIAO_SPEED_JSON.
 */
import { once } from "node:events";
import { createReadStream, existsSync, mkdtempSync, openAsBlob, rmSync, statSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measure, type Speed } from "./bench";

const MIB = Number(process.env["KAIBIAO_SPEED"] ?? 256);
const CHROMIUM = "/usr/bin/chromium";

describe(`sealing ${MIB} MiB`, { timeout: 300_000 }, () => {
  let folder: string;
  let document: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "kaibiao-speed-"));
    document = join(folder, "document.bin");
    const file = await open(document, "w");
    const noise = crypto.getRandomValues(new Uint8Array(65536));
    const piece = new Uint8Array(1 << 20).map((_, at) => noise[at % 65536]!);
    for (let k = 0; k < MIB; k++) await file.write(piece);
    await file.close();
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("in Node is told, with the memory it takes", async () => {
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
    const speed = await measure(await openAsBlob(document));
    clearInterval(watch);
    console.info("node", speed, `rss +${Math.round((most - before) / 1e6)} MB`);
    expect(speed.seal).toBeGreaterThan(0);
  });

  it("in Chromium costs little more than reading, encrypting and hashing twice", async () => {
    const outDir = join(folder, "page");
    const root = fileURLToPath(new URL(".", import.meta.url));
    const src = fileURLToPath(new URL("../../src", import.meta.url));
    await build({
      root,
      configFile: false,
      logLevel: "error",
      base: "./",
      build: { outDir, target: "es2022" },
      worker: { format: "es" },
      resolve: { alias: { "@": src } },
    });
    const server = serve(outDir);
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const args = [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ];
    const browser = await chromium.launch({ executablePath: CHROMIUM, args });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${port}/index.html`);
      await page.setInputFiles("input", document);
      const dropped = (await page.evaluate(() => window.measureSpeed(false))) as Speed & { blocked: number };
      console.info("chromium", dropped);
      const stored = (await page.evaluate(() => window.measureSpeed(true))) as Speed & { blocked: number };
      console.info("chromium, into a file of the origin's own", stored);
      const report = process.env["KAIBIAO_SPEED_JSON"];
      if (report) await writeFile(report, JSON.stringify(dropped));
      expect(dropped.seal).toBeGreaterThan(0.7 * dropped.bare);
      expect(dropped.unlock).toBeLessThan(50);
    } finally {
      await browser.close();
      server.close();
    }
  });
});

const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript" };

function serve(folder: string): Server {
  return createServer((request, reply) => {
    const path = join(folder, new URL(request.url!, "http://x").pathname);
    if (!existsSync(path) || !statSync(path).isFile()) return void reply.writeHead(404).end();
    reply.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    createReadStream(path).pipe(reply);
  }).listen(0, "127.0.0.1");
}
