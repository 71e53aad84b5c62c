import { describe, expect, it } from "vitest";
import type { ReferenceFile } from "../references";
import type { LotView, View } from "../types";
import { revealing, unrevealed } from "./reveal";

const reference = { kind: "base", commitment: "00".repeat(32) };
const lot = (more: object) => ({ lawful: { "reveal-reference": null }, reference, ...more }) as unknown as LotView;
const file = (value: string) => ({ value, salt: "07".repeat(32) }) as ReferenceFile;

describe("what is revealed with an act", () => {
  const lots: View["lots"] = {
    "1": lot({}),
    "2": lot({ reference: undefined }),
    "3": lot({ reference: { ...reference, revealed: { seq: 1, time: 1, value: "1", salt: "" } } }),
    "4": lot({ lawful: { "reveal-reference": "record-signed" } }),
    "5": lot({}),
  };

  it("is what the chosen lots have sealed, and can reveal", () => {
    const ids = (act: "announce" | "reveal-reference" | "close") => unrevealed(act, ["1", "2", "3", "4"], { lots }).map(({ id }) => id);
    expect(ids("announce")).toEqual(["1"]);
    expect(ids("reveal-reference")).toEqual(["1"]);
    expect(ids("close")).toEqual([]);
  });

  it("is an act for each lot that has its file", () => {
    const sealed = unrevealed("announce", ["1", "5"], { lots });
    expect(revealing(sealed, { "5": file("12.50") })).toEqual([
      { act: "reveal-reference", lot: "5", value: "12.50", salt: "07".repeat(32) },
    ]);
    expect(revealing(sealed, {})).toEqual([]);
  });
});
