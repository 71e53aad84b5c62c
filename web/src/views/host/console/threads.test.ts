import { expect, it } from "vitest";
import type { PrivateView } from "../types";
import { threadsOf } from "./threads";

const line = (seq: number, party: string, from: "bidder" | "host"): PrivateView => ({
  seq,
  time: seq,
  party,
  name: `${party}公司`,
  from,
  text: String(seq),
});

it("has a thread for each bidder, and those who wait for an answer first", () => {
  const lines = [line(1, "a", "bidder"), line(2, "b", "bidder"), line(3, "a", "host"), line(4, "c", "host"), line(5, "d", "bidder")];
  const told = threadsOf(lines).map(({ party, waits, lines: all }) => [party, waits, all.map((it) => it.seq)]);
  expect(told).toEqual([
    ["d", true, [5]],
    ["b", true, [2]],
    ["c", false, [4]],
    ["a", false, [1, 3]],
  ]);
  expect(threadsOf(undefined)).toEqual([]);
});
