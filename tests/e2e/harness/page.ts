/**
 * The page from web/dist in front of a platform, for work on the page: what
 * changed there is seen without building the binary. With the same policy of
 * content as the platform sends.
 */
import { join } from "node:path";
import { type PreviewServer, preview } from "vite";
import { ROOT } from "./processes";

export interface Page {
  close(): Promise<void>;
}

/** The policy that the platform sends (server/http/src/replies.rs). Without KAIBIAO_PAGE the platform's own reply counts. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
  "connect-src 'self' http://127.0.0.1:*; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export async function servePage(port: number, platform: string): Promise<Page> {
  const server: PreviewServer = await preview({
    root: join(ROOT, "web"),
    configFile: false,
    logLevel: "error",
    preview: {
      host: "127.0.0.1",
      port,
      strictPort: true,
      headers: { "Content-Security-Policy": POLICY },
      proxy: { "/api": { target: platform, ws: true }, "/docs": platform, "/readyz": platform },
    },
  });
  return { close: () => server.close() };
}
