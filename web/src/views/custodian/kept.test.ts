import "fake-indexeddb/auto";
import { expect, it } from "vitest";
import { AnotherSet, keepRelease, keepRescue, markSent, releasedBefore, rescuedBids } from "./kept";

const set = (project: string, bids: string[], accepted = "a1") => ({ project, lot: "1", closing: "c1", accepted, bids });

it("keeps one set of a lot, and the same again", async () => {
  await keepRelease(set("p1", ["b1", "b2"]));
  await keepRelease(set("p1", ["b2", "b1"]));
  expect((await releasedBefore("p1", "1"))?.released.accepted).toBe("a1");
});

it("refuses another set of the same lot, and keeps the first", async () => {
  await keepRelease(set("p2", ["b1"]));
  await expect(keepRelease(set("p2", ["b1", "b2"]))).rejects.toThrow(AnotherSet);
  await expect(keepRelease(set("p2", ["b1"], "a2"))).rejects.toThrow(AnotherSet);
  expect((await releasedBefore("p2", "1"))?.released.bids).toEqual(["b1"]);
});

it("does not forget that a set was sent", async () => {
  const released = set("p3", ["b1"]);
  await keepRelease(released);
  expect((await releasedBefore("p3", "1"))?.sent).toBe(false);
  await markSent(released);
  await keepRelease(released);
  expect((await releasedBefore("p3", "1"))?.sent).toBe(true);
});

it("lets only one of two tabs keep its set", async () => {
  const both = await Promise.allSettled([keepRelease(set("p4", ["b1"])), keepRelease(set("p4", ["b2"]))]);
  expect(both.map((it) => it.status).sort()).toEqual(["fulfilled", "rejected"]);
});

it("remembers the rescues it took part in", async () => {
  await keepRescue("p5", "b1");
  await keepRescue("p5", "b1");
  await keepRescue("p5", "b2");
  expect(await rescuedBids("p5")).toEqual(["b1", "b2"]);
});
