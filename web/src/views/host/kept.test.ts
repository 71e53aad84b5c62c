import "fake-indexeddb/auto";
import { createStore, set } from "idb-keyval";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { useVault } from "@/crypto/client";
import type { KeyFile, Vault } from "@/crypto/contract";
import { createVault } from "@/crypto/vault";
import { device, person } from "../../../tests/device";
import { newForm } from "./form";
import { allKept, forget, keep, kept, moveIn } from "./kept";

const HOST = "91350100M000100Y43";
const PROJECT = "0192d3a0-0000-7000-8000-000000000001";
const form = (title: string) => ({ ...newForm(), title, lots: newForm().lots.map((lot) => ({ ...lot, yuan: "98765432" })) });

let own: KeyFile;
let other: KeyFile;
let vault: Vault;

async function enter(file: KeyFile): Promise<void> {
  vault = createVault();
  useVault(vault);
  await vault.open([file], "");
}

beforeAll(() => {
  own = person(HOST);
  other = person("91110000802100433B");
});

describe("a host's drafts on a machine that others use", () => {
  beforeEach(() => enter(own));

  it("are kept until they are forgotten", async () => {
    expect(await keep("new", form("Harbour school"))).toBe(true);
    expect((await kept("new"))?.form.title).toBe("Harbour school");
    expect([...(await allKept()).keys()]).toEqual(["new"]);
    await forget("new");
    expect(await kept("new")).toBeUndefined();
    expect((await allKept()).size).toBe(0);
  });

  it("are read by their writer alone, and not by whoever searches the device", async () => {
    await keep(PROJECT, form("Harbour school"));
    await vault.lock(true);
    expect(await device()).not.toMatch(/Harbour|98765432|0192d3a0|91350100M/);
    await enter(other);
    expect(await kept(PROJECT)).toBeUndefined();
    expect((await allKept()).size).toBe(0);
    await enter(own);
    expect((await allKept()).get(PROJECT)?.form.lots[0]?.yuan).toBe("98765432");
    await forget(PROJECT);
  });

  it("are not called kept while no key is unlocked", async () => {
    await vault.lock(true);
    expect(await keep("new", form("Harbour school"))).toBe(false);
    expect(await device()).not.toContain("Harbour");
  });

  it("of an earlier page move in when somebody of their organisation is here with a key, and lie in the clear no longer", async () => {
    const former = createStore("kaibiao-host", "drafts");
    await set(`${HOST}/new`, { form: form("Harbour school"), at: 5 }, former);
    await set(`${HOST}/${PROJECT}`, { form: form("Harbour bridge"), at: 6 }, former);
    expect(await device()).toContain("Harbour school");
    await enter(other);
    await moveIn("91110000802100433B");
    expect((await allKept()).size).toBe(0);
    useVault(createVault());
    await moveIn(HOST);
    expect(await device()).toContain("Harbour school");
    await enter(own);
    await keep(PROJECT, form("Harbour tunnel"));
    await moveIn(HOST);
    expect(await kept("new")).toMatchObject({ at: 5, form: { title: "Harbour school" } });
    expect((await kept(PROJECT))?.form.title).toBe("Harbour tunnel");
    expect(await device()).not.toMatch(/Harbour|98765432|0192d3a0|91350100M/);
  });
});
