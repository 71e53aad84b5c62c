/** One opening in real browsers: long tests, those of a story in order, two stories at a time. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  cacheDir: fileURLToPath(new URL("../../target/e2e/cache", import.meta.url)),
  test: {
    environment: "node",
    include: ["*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    // A step of a story stands on the one before.
    bail: 1,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: [["default", { summary: false }]],
    // A slow machine must not cut a story short half way.
    teardownTimeout: 30_000,
  },
});
