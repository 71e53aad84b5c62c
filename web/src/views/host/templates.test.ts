import "fake-indexeddb/auto";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { useVault } from "@/crypto/client";
import type { KeyFile, Vault } from "@/crypto/contract";
import { createVault } from "@/crypto/vault";
import { device, person } from "../../../tests/device";
import { newForm } from "./form";
import { dropTemplate, keepTemplate, template, templates } from "./templates";

let own: KeyFile;
let other: KeyFile;
let vault: Vault;
const form = { ...newForm(), number: "ZB-2026-7", title: "Harbour school", t0: "2026-12-01T09:30", external_id: "X-1" };

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

it("keeps what tenders have in common, and nothing of one of them alone", async () => {
  expect(await keepTemplate("施工", form)).toBe(true);
  const kept = (await template("施工"))?.form;
  expect(kept).toMatchObject({ title: "Harbour school", number: "", t0: "", predecessor: "" });
  expect(kept?.external_id).toBeUndefined();
  await keepTemplate("货物", form);
  expect((await templates()).map((it) => it.name)).toHaveLength(2);
  await dropTemplate("施工");
  await dropTemplate("货物");
  expect(await templates()).toEqual([]);
});

it("is its writer's alone, and is not called kept while no key is unlocked", async () => {
  await keepTemplate("施工", form);
  await vault.lock(true);
  expect(await device()).not.toMatch(/Harbour|施工/);
  expect(await keepTemplate("服务", form)).toBe(false);
  await enter(other);
  expect(await templates()).toEqual([]);
  await enter(own);
  expect((await templates()).map((it) => it.name)).toEqual(["施工"]);
  await dropTemplate("施工");
});
