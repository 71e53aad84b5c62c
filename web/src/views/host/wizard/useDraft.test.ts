import "fake-indexeddb/auto";
import { beforeAll, beforeEach, expect, it, vi } from "vitest";
import { effectScope, nextTick, reactive } from "vue";
import { useVault } from "@/crypto/client";
import type { KeyFile, Vault } from "@/crypto/contract";
import { createVault } from "@/crypto/vault";
import { device, person } from "../../../../tests/device";
import { newForm } from "../form";
import { keep, kept } from "../kept";
import { useDraft } from "./useDraft";

const session = reactive({ session: null as { certificate: string; organisation: string } | null, key: null as object | null });
vi.mock("@/session", () => ({ useSession: () => session }));
vi.mock("@/i18n", () => ({ language: () => "zh-CN", i18n: {} }));

let own: KeyFile;
let next: KeyFile;
let vault: Vault;

beforeAll(() => {
  own = person("91350100M000100Y43");
  next = person("91110000802100433B");
});
beforeEach(async () => {
  vault = createVault();
  useVault(vault);
  await vault.open([own], "");
  await vault.empty();
  session.session = { certificate: "own", organisation: "91350100M000100Y43" };
  session.key = {};
});

async function lock(): Promise<void> {
  await vault.lock(true);
  session.key = null;
}

async function unlock(): Promise<void> {
  await vault.open([own], "");
  session.key = {};
}

/** The wizard of a new tender. */
async function wizard(other = (_at: number) => false) {
  const scope = effectScope();
  const draft = scope.run(() => useDraft(undefined, undefined, other))!;
  await draft.load();
  const write = async (title: string) => {
    draft.form.value.title = title;
    await nextTick();
  };
  return { ...draft, write, leave: () => scope.stop() };
}

const stored = async () => (await kept("new"))?.form.title;

it("keeps what is written, and has it again", async () => {
  const first = await wizard();
  await first.write("Harbour school");
  await vi.waitFor(async () => expect(await stored()).toBe("Harbour school"));
  first.leave();
  const again = await wizard();
  expect(again.form.value.title).toBe("Harbour school");
  again.leave();
});

it("says that nothing is kept while the key is locked, and keeps it once it is not", async () => {
  await lock();
  const draft = await wizard();
  await draft.write("Harbour school");
  await vi.waitFor(() => expect(draft.loose.value).toBe(true));
  expect(draft.unsaved.value).toBeUndefined();
  expect(await device()).not.toContain("Harbour");
  await unlock();
  await vi.waitFor(async () => expect(await stored()).toBe("Harbour school"));
  await vi.waitFor(() => expect(draft.loose.value).toBe(false));
  draft.leave();
});

it("takes up what was kept once it can be read", async () => {
  await keep("new", { ...newForm(), title: "Harbour bridge" });
  await lock();
  const draft = await wizard();
  expect(draft.form.value.title).toBe("");
  await unlock();
  await vi.waitFor(() => expect(draft.form.value.title).toBe("Harbour bridge"));
  draft.leave();
});

it.each([
  [true, "Harbour bridge"],
  [false, "Harbour school"],
])("lets the person choose where something was typed meanwhile (%s)", async (answer, title) => {
  await keep("new", { ...newForm(), title: "Harbour bridge" });
  await lock();
  const asked = vi.fn(() => answer);
  const draft = await wizard(asked);
  await draft.write("Harbour school");
  await unlock();
  await vi.waitFor(async () => expect(await stored()).toBe(title));
  await vi.waitFor(() => expect(draft.form.value.title).toBe(title));
  expect(asked).toHaveBeenCalledOnce();
  draft.leave();
});

it("shows and keeps nothing of it to the next person", async () => {
  const draft = await wizard();
  await draft.write("Harbour school");
  await vi.waitFor(async () => expect(await stored()).toBe("Harbour school"));
  await draft.write("Harbour tunnel");
  await vault.lock(true);
  await vault.open([next], "");
  session.session = { certificate: "next", organisation: "91110000802100433B" };
  await vi.waitFor(() => expect(draft.form.value.title).toBe(""));
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(await stored()).toBeUndefined();
  draft.leave();
});
