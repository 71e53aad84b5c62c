import "fake-indexeddb/auto";
import { createStore, set as put } from "idb-keyval";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { useVault } from "@/crypto/client";
import type { KeyFile, Vault } from "@/crypto/contract";
import { createVault } from "@/crypto/vault";
import { device, person } from "../../../tests/device";
import { AnotherSet, keepKnownKey, keepRelease, keepRescue, knownKey, markSent, moveIn, releasedBefore, rescuedBids } from "./kept";

const set = (project: string, bids: string[], accepted = "a1") => ({ project, lot: "1", closing: "c1", accepted, bids });
const KEY = { id: "key-id", point: "key-point", proved: 7, name: "ZB-2026-key.kkey" };

let own: KeyFile;
let other: KeyFile;
let vault: Vault;

async function enter(file: KeyFile): Promise<void> {
  vault = createVault();
  useVault(vault);
  await vault.open([file], "");
}

beforeAll(() => {
  own = person("91350100M000100Y43");
  other = person("91110000802100433B");
});
beforeEach(() => enter(own));

describe("a custodian's releases", () => {
  it("keep one set of a lot, and the same again", async () => {
    await keepRelease(set("p1", ["b1", "b2"]));
    await keepRelease(set("p1", ["b2", "b1"]));
    expect((await releasedBefore("p1", "1"))?.released.accepted).toBe("a1");
  });

  it("are refused for another set of the same lot, and the first is kept", async () => {
    await keepRelease(set("p2", ["b1"]));
    await expect(keepRelease(set("p2", ["b1", "b2"]))).rejects.toThrow(AnotherSet);
    await expect(keepRelease(set("p2", ["b1"], "a2"))).rejects.toThrow(AnotherSet);
    expect((await releasedBefore("p2", "1"))?.released.bids).toEqual(["b1"]);
  });

  it("do not forget that a set was sent", async () => {
    const released = set("p3", ["b1"]);
    await keepRelease(released);
    expect((await releasedBefore("p3", "1"))?.sent).toBe(false);
    await markSent(released);
    await keepRelease(released);
    expect((await releasedBefore("p3", "1"))?.sent).toBe(true);
  });

  it("are of only one of two tabs", async () => {
    const both = await Promise.allSettled([keepRelease(set("p4", ["b1"])), keepRelease(set("p4", ["b2"]))]);
    expect(both.map((it) => it.status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  it("are held to the first set by whichever certificate, with no key unlocked, and after the device was cleared", async () => {
    await keepRelease(set("p6", ["b1"]));
    await enter(other);
    await expect(keepRelease(set("p6", ["b2"]))).rejects.toThrow(AnotherSet);
    await vault.lock(true);
    await expect(keepRelease(set("p6", ["b2"]))).rejects.toThrow(AnotherSet);
    await enter(own);
    await vault.empty();
    await expect(keepRelease(set("p6", ["b2"]))).rejects.toThrow(AnotherSet);
    await keepRelease(set("p6", ["b1"]));
  });
});

describe("what a custodian's device remembers", () => {
  it("has the rescues it took part in", async () => {
    await keepRescue("p5", "b1");
    await keepRescue("p5", "b1");
    await keepRescue("p5", "b2");
    expect((await rescuedBids("p5")).sort()).toEqual(["b1", "b2"]);
  });

  it("is read by that custodian alone, and not by whoever searches the device", async () => {
    await keepRelease(set("project-7", ["bid-7"], "accepted-7"));
    await keepRescue("project-7", "bid-8");
    await keepKnownKey("project-7", KEY);
    await vault.lock(true);
    expect(await device()).not.toMatch(/project-7|bid-[78]|accepted-7|key-id|key-point|ZB-2026/);
    await enter(other);
    expect(await releasedBefore("project-7", "1")).toBeUndefined();
    expect(await rescuedBids("project-7")).toEqual([]);
    expect(await knownKey("project-7")).toBeUndefined();
    await enter(own);
    expect((await releasedBefore("project-7", "1"))?.released.bids).toEqual(["bid-7"]);
    expect(await rescuedBids("project-7")).toEqual(["bid-8"]);
    expect(await knownKey("project-7")).toEqual(KEY);
  });

  it("moves in from an earlier page for the projects whose custodian is here, and lies in the clear no longer", async () => {
    const former = createStore("kaibiao-custody", "kept");
    await put("released/project-9/1", { released: set("project-9", ["bid-9"]), sent: true }, former);
    await put("rescued/project-9", ["bid-10", "bid-11"], former);
    await put("key/project-9", KEY, former);
    await put("key/project-12", KEY, former);
    await vault.lock(true);
    await moveIn(["project-9"]);
    // Nobody's key is there to keep it with, and yet it holds already.
    expect(await device()).toContain("project-9");
    await expect(keepRelease(set("project-9", ["bid-12"]))).rejects.toThrow(AnotherSet);
    await enter(own);
    await moveIn(["project-9"]);
    expect(await releasedBefore("project-9", "1")).toEqual({ released: set("project-9", ["bid-9"]), sent: true });
    expect((await rescuedBids("project-9")).sort()).toEqual(["bid-10", "bid-11"]);
    expect(await knownKey("project-9")).toEqual(KEY);
    expect(await device()).not.toMatch(/project-9|bid-9|bid-1[01]/);
    expect(await device()).toContain("project-12");
    await moveIn(["project-12"]);
    expect(await device()).not.toMatch(/project-|key-point/);
  });
});
