import { readFileSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import enTexts from "@/i18n/en";
import zhTexts from "@/i18n/zh-CN";
import { address, CHAPTERS, type Chapter as Role, chapterOf, placeOf, places } from "@/ui/manual";
import { MANUAL as TASKS } from "@/views/bidder/hall/task";
import { MANUAL as STEPS } from "@/views/host/console/manual";
import { type Chapter, chapter, type Part, type Text } from "./chapter";
import { MOST, SHOWN, SIZE } from "./pictures";
import { asShown, pieces } from "./text";

const LANGUAGES = ["zh-CN", "en"] as const;
const TEXTS = { "zh-CN": zhTexts, en: enTexts };
const PICTURES = fileURLToPath(new URL("pictures/", import.meta.url));

const all: { role: Role; language: (typeof LANGUAGES)[number]; read: Chapter }[] = [];
for (const role of CHAPTERS) for (const language of LANGUAGES) all.push({ role, language, read: await chapter(role, language) });

/** Every text of a part that may name or link. */
function texts(part: Part): Text[] {
  if (typeof part === "string") return [part];
  if ("steps" in part) return part.steps;
  if ("list" in part) return part.list;
  if ("pairs" in part) return part.pairs.flat();
  return [];
}

const piecesOf = (parts: Part[]) => parts.flatMap(texts).flatMap(pieces);
const keysOf = (parts: Part[]) => piecesOf(parts).flatMap((it) => (it.kind === "named" ? [it.key] : []));

function found(language: (typeof LANGUAGES)[number], key: string): unknown {
  return key.split(".").reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], TEXTS[language]);
}

describe("a text of the manual", () => {
  it("names what is on the screen by its key, and links", () => {
    expect(pieces("点 [[hall.unlock.go]]，见[环境检测](/check)或[[common.tool]](/tool)、[下节](#trouble)。")).toEqual([
      { kind: "words", text: "点 " },
      { kind: "named", key: "hall.unlock.go" },
      { kind: "words", text: "，见" },
      { kind: "link", text: "环境检测", to: "/check" },
      { kind: "words", text: "或" },
      { kind: "named", key: "common.tool", to: "/tool" },
      { kind: "words", text: "、" },
      { kind: "link", text: "下节", to: "#trouble" },
      { kind: "words", text: "。" },
    ]);
  });

  it("shows a name as its screen does, but for what is filled in there", () => {
    expect(asShown("生成密钥（{n} 个项目）")).toBe("生成密钥（… 个项目）");
  });
});

describe.each(all)("the chapter $role in $language", ({ role, language, read }) => {
  it("names only texts that the page has", () => {
    const keys = read.sections
      .flatMap(({ parts }) => keysOf(parts))
      .concat(pieces(read.lead).flatMap((it) => (it.kind === "named" ? [it.key] : [])));
    expect(keys.length).toBeGreaterThan(5);
    expect(keys.filter((key) => typeof found(language, key) !== "string")).toEqual([]);
  });

  it("leaves no mark unread", () => {
    const words = read.sections.flatMap(({ title, parts }) => [
      title,
      ...parts
        .flatMap(texts)
        .flatMap(pieces)
        .flatMap((it) => (it.kind === "words" ? [it.text] : [])),
    ]);
    expect(words.filter((it) => /\[\[|\]\]|\]\(/.test(it))).toEqual([]);
  });

  it("links only to screens and sections that are there", async () => {
    const links = piecesOf(read.sections.flatMap(({ parts }) => parts)).flatMap((it) => ("to" in it && it.to ? [it.to] : []));
    const routes = readFileSync(fileURLToPath(new URL("../../router.ts", import.meta.url)), "utf8");
    for (const link of links) {
      const [path, section] = link.split("#");
      const manual = /^\/manual\/(\w+)$/.exec(path ?? "")?.[1] as Role | undefined;
      if (manual) expect(CHAPTERS).toContain(manual);
      else if (path) expect(routes).toContain(`path: "${path}"`);
      if (section === undefined) continue;
      const there = manual ? await chapter(manual, language) : read;
      expect(
        there.sections.map(({ id }) => id),
        link,
      ).toContain(section);
    }
  });

  it("tells what is needed, what can go wrong, what words mean and what is proved", () => {
    const ids = read.sections.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["need", "trouble", "words", "proof"]));
    expect(new Set(ids).size).toBe(ids.length);
    expect(read.sections.filter(({ parts }) => parts.length === 0)).toEqual([]);
  });

  it("has the same sections, parts and names as the other language", () => {
    const other = all.find((it) => it.role === role && it.language !== language)?.read;
    const shape = (it: Chapter) =>
      it.sections.map(({ id, parts }) => ({
        id,
        parts: parts.map((part) =>
          typeof part === "string" ? "words" : "picture" in part ? part.picture : `${Object.keys(part)[0]} ${texts(part).length}`,
        ),
        keys: [...new Set(keysOf(parts))].sort(),
      }));
    expect(shape(read)).toEqual(shape(other!));
  });
});

describe("the manual", () => {
  it("has a section for every place that a screen leads to", () => {
    const known = new Set(
      all.flatMap(({ role, read }) => ["", ...read.sections.map(({ id }) => `#${id}`)].map((at) => `/manual/${role}${at}`)),
    );
    const tasks = Object.values(TASKS).map((section) => address({ chapter: "bidder", section }));
    const steps = Object.values(STEPS).map((section) => address({ chapter: "host", section }));
    expect([...places().map(address), ...tasks, ...steps].filter((it) => !known.has(it))).toEqual([]);
  });

  it("is found from every screen", () => {
    const routes = readFileSync(fileURLToPath(new URL("../../router.ts", import.meta.url)), "utf8");
    const names = [...routes.matchAll(/name: "([\w-]+)"/g)]
      .map(([, name]) => name!)
      .filter((name) => !["nothing", "manual"].includes(name));
    expect(names.length).toBeGreaterThan(25);
    // Whoever has no role is told something of every screen that has no role of its own.
    expect(names.filter((name) => placeOf(name, []).section === undefined)).toEqual([]);
  });

  it("leads to the reader's own chapter, and to the part of the screen that is open", () => {
    expect(address(placeOf("hall", ["bidder"]))).toBe("/manual/bidder#sign-in");
    expect(address(placeOf("hall", []))).toBe("/manual/public#hall");
    expect(address(placeOf("custody", ["supervisor"]))).toBe("/manual/custodian#release");
    expect(address(placeOf("supervision", ["supervisor"], "audit"))).toBe("/manual/supervisor#audit");
    expect(address(placeOf("supervision", ["supervisor"], "x"))).toBe("/manual/supervisor#live");
    expect(chapterOf(["bidder", "supervisor"])).toBe("supervisor");
  });

  it.each(LANGUAGES)("has every picture in %s, of one size, and light together", (language) => {
    const files = readdirSync(PICTURES + language);
    expect(files.sort()).toEqual(SHOWN.map((name) => `${name}.webp`).sort());
    expect(files.reduce((sum, file) => sum + statSync(`${PICTURES}${language}/${file}`).size, 0)).toBeLessThan(MOST);
    for (const file of files) expect(sizeOf(readFileSync(`${PICTURES}${language}/${file}`)), file).toEqual(SIZE);
  });

  it("shows every picture", () => {
    const shown = all.flatMap(({ read }) =>
      read.sections.flatMap(({ parts }) => parts.flatMap((part) => (typeof part !== "string" && "picture" in part ? [part.picture] : []))),
    );
    expect(SHOWN.filter((name) => !shown.includes(name))).toEqual([]);
  });
});

/** Width and height of a WebP file, whichever of its forms it has (RFC 9649, 2.5 to 2.7). */
function sizeOf(file: Buffer): { width: number; height: number } {
  const form = file.toString("latin1", 12, 16);
  if (form === "VP8X") return { width: file.readUIntLE(24, 3) + 1, height: file.readUIntLE(27, 3) + 1 };
  if (form === "VP8 ") return { width: file.readUInt16LE(26) & 0x3fff, height: file.readUInt16LE(28) & 0x3fff };
  throw new Error(`not a picture of the kind that is taken: ${form}`);
}
