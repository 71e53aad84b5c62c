import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import vue from "@vitejs/plugin-vue";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The server that development proxies to. */
const SERVER = process.env["KAIBIAO_SERVER"] ?? "http://127.0.0.1:8080";

const PROXY = { "/api": { target: SERVER, ws: true }, "/readyz": SERVER };

/** Writes NAME.gz beside what is worth it: the server sends it as it is. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    writeBundle({ dir }) {
      if (!dir) return;
      const walk = (folder: string) => {
        for (const name of readdirSync(folder)) {
          const file = join(folder, name);
          if (statSync(file).isDirectory()) walk(file);
          else if (/\.(js|css|html|svg|json)$/.test(name)) writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
        }
      };
      walk(dir);
    },
  };
}

export default defineConfig({
  plugins: [vue(), precompress()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  define: {
    __VUE_I18N_FULL_INSTALL__: true,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  worker: { format: "es" },
  build: { target: "es2022", sourcemap: false, chunkSizeWarningLimit: 700, assetsInlineLimit: 0 },
  server: { proxy: PROXY },
  preview: { proxy: PROXY },
  test: {
    environment: "node",
    include: ["src/**/*.test.ts", "tests/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: ["tests/patience.ts"],
  },
});
