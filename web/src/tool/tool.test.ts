import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const WEB = resolve(import.meta.dirname, "../..");
const vite = join(WEB, "node_modules/vite/bin/vite.js");
let folder = "";
let here = "";
let elsewhere = "";

/** Builds the tool from the sources in `web`, and gives its bytes as text. */
function build(web: string, out: string): string {
  execFileSync(process.execPath, [vite, "build", "--config", "vite.tool.config.ts", "--logLevel", "error"], {
    cwd: web,
    env: { ...process.env, NODE_ENV: "production", KAIBIAO_TOOL_OUT: out },
    stdio: "pipe",
  });
  return readFileSync(join(out, "kaibiao-tool.html"), "utf8");
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kaibiao-tool-"));
  const copy = join(folder, "another place");
  for (const name of ["src", "package.json", "tsconfig.json", "vite.tool.config.ts"])
    cpSync(join(WEB, name), join(copy, name), { recursive: true });
  // The table of Unicode is the format's own and lies beside it.
  cpSync(join(WEB, "../crypto/unicode"), join(folder, "crypto/unicode"), { recursive: true });
  symlinkSync(join(WEB, "node_modules"), join(copy, "node_modules"));
  here = build(WEB, join(folder, "one"));
  elsewhere = build(copy, join(folder, "two"));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inside = (tag: string) => new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`, "g");
const digest = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

it("is the same bytes wherever and whenever it is built", () => {
  expect(createHash("sha256").update(here).digest("hex")).toBe(createHash("sha256").update(elsewhere).digest("hex"));
  expect(here).not.toContain(WEB);
  expect(elsewhere).not.toContain(folder);
});

it("holds one script and one style, both named by digest in its policy", () => {
  const scripts = [...here.matchAll(inside("script"))];
  const styles = [...here.matchAll(inside("style"))];
  expect([scripts.length, styles.length]).toEqual([1, 1]);
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(here)?.[1] ?? "";
  expect(policy).toContain(`script-src ${digest(scripts[0]?.[1] ?? "")} blob:`);
  expect(policy).toContain(`style-src ${digest(styles[0]?.[1] ?? "")}`);
});

it("forbids every connection, and loads nothing", () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(here)?.[1] ?? "";
  for (const rule of ["default-src 'none'", "connect-src 'none'", "form-action 'none'", "base-uri 'none'", "worker-src blob:"])
    expect(policy).toContain(rule);
  const page = here.replace(inside("script"), "").replace(inside("style"), "");
  expect([...page.matchAll(/\b(?:src|href)="([^"]*)"/g)].map((it) => it[1])).toEqual(["data:,"]);
});
