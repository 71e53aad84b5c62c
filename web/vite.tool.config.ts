/**
 * The bidder's offline tool: one HTML file with everything in it, the same
 * bytes from the same sources. Its policy names what may run by digest and
 * forbids every connection, so that the browser itself keeps it offline.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const hash = (text: string) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;

/** Puts script and style into the page, and their digests into its policy. */
function oneFile(): Plugin {
  return {
    name: "one-file",
    enforce: "post",
    generateBundle(_options, bundle) {
      const scripts: string[] = [];
      const styles: string[] = [];
      let page = "";
      for (const [name, part] of Object.entries(bundle)) {
        delete bundle[name];
        if (part.type === "chunk") scripts.push(part.code);
        else if (name.endsWith(".css")) styles.push(String(part.source));
        else if (name.endsWith(".html")) page = String(part.source);
        else this.error(`nowhere to put ${name}`);
      }
      if (!page || scripts.length !== 1) this.error(`one page and one script, not ${scripts.length}`);
      // An inline script ends at the first "</script", and "<!--" begins another state.
      const script = scripts
        .join("")
        .replace(/<\/(script)/gi, "<\\/$1")
        .replace(/<!--/g, "\\x3C!--");
      const style = styles.join("").replace(/<\/(style)/gi, "<\\/$1");
      const policy = [
        "default-src 'none'",
        `script-src ${hash(script)} blob: 'wasm-unsafe-eval'`,
        `style-src ${hash(style)}`,
        "worker-src blob:",
        "img-src data:",
        "connect-src 'none'",
        "form-action 'none'",
        "base-uri 'none'",
      ].join("; ");
      const html = page
        .replace(/\s*<(?:script|link)[^>]*(?:src|href)="[^"]*assets[^"]*"[^>]*>(?:<\/script>)?/g, "")
        .replace("</title>", () => `</title>\n    <style>${style}</style>`)
        .replace(/<meta charset="utf-8" ?\/?>/i, (it) => `${it}\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`)
        .replace("</body>", () => `  <script type="module">${script}</script>\n  </body>`);
      if (/assets\//.test(html.replace(script, ""))) this.error("something is still outside the page");
      this.emitFile({ type: "asset", fileName: "kaibiao-tool.html", source: html });
    },
  };
}

export default defineConfig({
  root: here("./src/tool"),
  base: "./",
  publicDir: false,
  plugins: [vue(), oneFile()],
  resolve: {
    alias: [
      { find: /^@\/crypto\/spawn$/, replacement: here("./src/tool/spawn.ts") },
      { find: /^\.\/spawn$/, replacement: here("./src/tool/spawn.ts") },
      { find: "@", replacement: here("./src") },
    ],
  },
  define: {
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
    __VUE_OPTIONS_API__: false,
  },
  worker: { format: "iife" },
  build: {
    outDir: process.env["KAIBIAO_TOOL_OUT"] ?? here("./dist/tool"),
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: { output: { codeSplitting: false } },
  },
});
