import "fake-indexeddb/auto";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, nextTick, reactive } from "vue";
import { useVault } from "@/crypto/client";
import type { KeyFile, Vault } from "@/crypto/contract";
import { createVault } from "@/crypto/vault";
import { device, person } from "../../../../tests/device";
import { newForm } from "../form";
import { keep, kept } from "../kept";
import { useDraft } from "./useDraft";

const server = vi.hoisted(() => ({ GET: vi.fn(async () => ({})), POST: vi.fn() }));
vi.mock("@/api", () => ({ api: server, data: (reply: unknown) => reply }));
const act = vi.fn();
const session = reactive({ act, session: null as { certificate: string; organisation: string } | null, key: null as object | null });
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
async function wizard(other = (_at: number) => false, project?: string) {
  const scope = effectScope();
  const draft = scope.run(() => useDraft(project, undefined, other))!;
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

describe("what is typed while the draft is sent", () => {
  it("is kept for the project that was made of it", async () => {
    let made = (_: object): void => undefined;
    server.POST.mockReturnValueOnce(new Promise((resolve) => (made = resolve)));
    const draft = await wizard();
    await draft.write("Harbour school");
    const saving = draft.save();
    await draft.write("Harbour tunnel");
    made({ id: "p9" });
    await saving;
    draft.leave();
    expect([(await kept("p9"))?.form.title, await stored()]).toEqual(["Harbour tunnel", undefined]);
  });

  it.each([true, false])("is kept where the project is known (sent: %s)", async (isSent) => {
    let answer = (): void => undefined;
    act.mockReturnValueOnce(new Promise((resolve, reject) => (answer = () => (isSent ? resolve({}) : reject(new Error("refused"))))));
    const draft = await wizard(undefined, "p1");
    await draft.write("Harbour school");
    const saving = draft.save().catch(() => undefined);
    await draft.write("Harbour tunnel");
    // Longer than it takes to be kept.
    await new Promise((resolve) => setTimeout(resolve, 600));
    answer();
    await saving;
    await vi.waitFor(async () => expect((await kept("p1"))?.form.title).toBe("Harbour tunnel"));
    draft.leave();
  });
});
