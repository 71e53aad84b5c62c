import "fake-indexeddb/auto";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { useVault } from "@/crypto/client";
import type { KeyFile, Vault } from "@/crypto/contract";
import { CryptoFailure } from "@/crypto/failure";
import { createVault } from "@/crypto/vault";
import { device, person } from "../../../tests/device";
import type { Duty, Line } from "./duties";
import { dueLots, eachOf, makeKeys, proveBackup, restore, wantsKey } from "./many";
import { backupOf, dropKey, filedIn, keyOf, putKey, ringKeys, type RingKey } from "./ring";

const PHRASE = "four unrelated words here";
const line = (id: string, duties: Partial<Duty>[] = [], more: Partial<Line> = {}): Line =>
  ({
    id,
    title: `项目 ${id}`,
    number: `ZB-${id}`,
    stage: "preparing",
    duties,
    lots: 1,
    stages: {},
    suspended: false,
    ...more,
  }) as unknown as Line;
const key = (id: string, more: Partial<RingKey> = {}): RingKey => ({
  ...{ project: id, number: "", title: "", keyfile: `text-${id}` },
  id: `id-${id}`,
  point: `point-${id}`,
  made: 1,
  ...more,
});
const quiet = () => undefined;

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
beforeEach(async () => {
  await enter(own);
  for (const { id } of await ringKeys()) await dropKey(id);
});

describe("a custodian's passphrase", () => {
  it("is remembered once it was proved, and goes with the certificate's lock", async () => {
    const made = await vault.newKeyFile(PHRASE);
    await expect(vault.openKeyFile({ text: made.text })).rejects.toMatchObject({ code: "custody-locked" });
    await expect(vault.unlockCustody(made.text, "another passphrase")).rejects.toMatchObject({ code: "passphrase-wrong" });
    expect(await vault.custodyUnlocked()).toBe(false);
    await vault.unlockCustody(made.text, PHRASE);
    expect((await vault.openKeyFile({ text: made.text })).point).toBe(made.point);
    await vault.lock(false);
    expect(await vault.custodyUnlocked()).toBe(false);
    await expect(vault.newKeyFile()).rejects.toMatchObject({ code: "custody-locked" });
    await expect(vault.unlockCustody(made.text, PHRASE)).rejects.toMatchObject({ code: "key-locked" });
    // Another person at this machine finds nothing open.
    await vault.open([own], "");
    await vault.unlockCustody(made.text, PHRASE);
    await vault.open([other], "");
    expect(await vault.custodyUnlocked()).toBe(false);
  });
});

describe("keys for many projects", () => {
  it("are made under one passphrase, backed up as one file, proved, and restored elsewhere", async () => {
    await vault.unlockCustody(null, PHRASE);
    const counts: number[] = [];
    const lines = [line("1"), line("2")];
    const made = await makeKeys(lines, "agent", 7, [], ({ done }) => counts.push(done));
    expect(counts).toEqual([0, 1, 2]);
    expect(new Set(made.map(({ point }) => point)).size).toBe(2);
    expect(made[0]).toMatchObject({ project: "1", title: "项目 1", agent: "agent", made: 7 });
    // What was made and not certified is taken up again.
    const again = await makeKeys([line("2"), line("3")], undefined, 9, await ringKeys(), quiet);
    expect(again[0]).toMatchObject({ point: made[1]?.point, made: 7 });
    const backup = backupOf(await ringKeys());
    await expect(proveBackup(backupOf([made[0] as RingKey]), made, 8, quiet)).rejects.toMatchObject({
      code: "backup-other",
      params: { n: 1 },
    });
    expect((await ringKeys()).every(({ proved }) => proved === undefined)).toBe(true);
    await proveBackup(backup, made, 8, quiet);
    expect((await ringKeys()).map(({ project, proved }) => [project, proved]).sort()).toEqual([
      ["1", 8],
      ["2", 8],
      ["3", undefined],
    ]);
    // Whoever searches the device reads neither project nor key.
    expect(await device()).not.toMatch(/ZB-1|项目 1|kaibiao\/1 keyfile/);
    await enter(other);
    expect(await ringKeys()).toEqual([]);
    await vault.unlockCustody(filedIn(backup)[0]?.keyfile ?? "", PHRASE);
    const { taken, shut } = await restore(backup, [line("2", [], { title: "改名后的项目" })], 20, quiet);
    expect([taken.length, shut]).toEqual([3, 0]);
    expect(keyOf(await ringKeys(), "2", made[1]?.point)).toMatchObject({ title: "改名后的项目", proved: 20 });
  });

  it("under another passphrase stay shut, and are told", async () => {
    await vault.unlockCustody(null, PHRASE);
    const [mine] = await makeKeys([line("1")], undefined, 1, [], quiet);
    const foreign = await vault.newKeyFile("another passphrase");
    const backup = backupOf([mine as RingKey, key("2", { keyfile: foreign.text })]);
    expect(await restore(backup, [], 2, quiet)).toMatchObject({ shut: 1, taken: [{ project: "1" }] });
    await expect(restore(foreign.text, [], 2, quiet)).rejects.toMatchObject({ code: "passphrase-wrong" });
    // A key file by itself says of no project; the duties do.
    await vault.unlockCustody(foreign.text, "another passphrase");
    const named = line("9", [{ lot: "1", key: foreign.point, stage: "bidding" }]);
    expect((await restore(foreign.text, [named], 3, quiet)).taken[0]).toMatchObject({ project: "9", number: "ZB-9" });
  });

  it("are none in a damaged backup", () => {
    for (const text of ['{"format":"kaibiao/1 keyfiles","keys":[]}', '{"format":"kaibiao/1 keyfiles","keys":[{"keyfile":1}]}'])
      expect(() => filedIn(text)).toThrow("keyfile-wrong");
  });
});

describe("what is due", () => {
  it("are keys where a lot lacks one, and where an invited custodian has certified none from here", () => {
    expect(wantsKey(line("1", [{ stage: "preparing", certified: false }]), [])).toBe(true);
    expect(wantsKey(line("1", [{ stage: "preparing", certified: true }]), [])).toBe(false);
    const invited = line("2", [], { invited: true });
    expect(wantsKey(invited, [key("2")])).toBe(true);
    expect(wantsKey(invited, [key("2", { certified: 5 })])).toBe(false);
  });

  it("are lots that release now, each with its key where that lies here", () => {
    const lines = [
      line("1", [
        { lot: "1", stage: "releasing", key: "point-1" },
        { lot: "2", stage: "releasing", key: "point-1", released: true },
      ]),
      line("2", [{ lot: "1", stage: "releasing", key: "of elsewhere" }]),
      line("3", [{ lot: "1", stage: "unlocking", key: "point-3" }]),
    ];
    expect(dueLots(lines, [key("1"), key("2")]).map((it) => [it.line.id, it.duty.lot, it.key?.id])).toEqual([
      ["1", "1", "id-1"],
      ["2", "1", undefined],
    ]);
  });

  it("goes on for the others where one fails, and ends where the person does not go on", async () => {
    const seen: string[] = [];
    const run = (end: string) =>
      eachOf(
        ["a", "b", "c"],
        async (it) => {
          seen.push(it);
          if (it === "b") throw new CryptoFailure(end);
        },
        quiet,
      );
    expect((await run("terms-stale")).map(({ problem }) => problem !== undefined)).toEqual([false, true, false]);
    expect(await run("cancelled")).toHaveLength(2);
    expect(seen.join("")).toBe("abcab");
  });

  it("is kept under the key's own id", async () => {
    await putKey(key("1"));
    await putKey(key("1", { proved: 3 }));
    expect(await ringKeys()).toMatchObject([{ proved: 3 }]);
  });
});
