import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { HostAct } from "../lawful";
import type { LotView } from "../types";
import { ASKED, bodyOf } from "./acts";

const page = readFileSync(fileURLToPath(new URL("../../../../../docs/spec/acts.md", import.meta.url)), "utf8");

/** The members of an act as docs/spec/acts.md lists them. */
function members(act: string): { all: string[]; required: string[] } {
  const row = page.split("\n").find((line) => line.startsWith("| ") && line.split("|")[1]?.includes(`\`${act}\``));
  const listed = (row?.split("|")[2] ?? "")
    .replace(/\([^)]*\)/g, "")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  const optional = (name: string) => name.endsWith("?") || (act === "resume" && name === "reason");
  return { all: listed.map((name) => name.replace("?", "")), required: listed.filter((name) => !optional(name)) };
}

it("asks for the members that docs/spec/acts.md lists, and for no others", () => {
  for (const act of Object.keys(ASKED) as HostAct[]) {
    const { all, required } = members(act);
    const body = bodyOf(act, "1", { lots: ["1", "2"], reason: " 理由 ", seconds: 60 });
    const { act: name, ...rest } = body;
    expect(name).toBe(act);
    for (const member of Object.keys(rest)) expect(all, act).toContain(member);
    for (const member of required) expect(Object.keys(rest), act).toContain(member);
  }
});

it("leaves out a reason that was not given", () => {
  expect(bodyOf("resume", "1", { lots: ["1"], reason: " " })).toEqual({ act: "resume", lots: ["1"] });
});

it("opens objections for no shorter than the lot says", () => {
  const lot = { objecting: 300, policy: { stays: { objections: 900 } } } as LotView;
  expect(ASKED["open-objections"]?.seconds?.(lot, 10)).toEqual({ usual: 900, least: 300, most: 900 });
});

it("lengthens a window by no more than is left of all extensions", () => {
  const lot = { extended: 500, policy: { stays: { extensions: 600 } } } as LotView;
  expect(ASKED.extend?.seconds?.(lot, 10)).toEqual({ usual: 100, least: 1, most: 100 });
});
