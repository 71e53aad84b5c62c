// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, choose, enter, field, fill, leaveAll, mounted, press, say, words } from "../../tests/mounted";
import { askForKey } from "./dialog";
import UnlockDialog from "./UnlockDialog.vue";

const unlock = vi.fn();
const unlocked = vi.fn();
const cancelled = vi.fn();
const passphrase = say("keys.passphrase");
const files = () => all("input[type=file]").length;

const asked = (kept = true, name = "甲公司 张三") =>
  mounted(UnlockDialog, { question: { name, kept, unlock }, onUnlocked: unlocked, onCancelled: cancelled });

beforeEach(() => vi.resetAllMocks());
afterEach(leaveAll);

it("says whose key it is, and hands over what was unlocked", async () => {
  unlock.mockResolvedValue({ id: "k" });
  await asked();
  expect(words()).toContain("甲公司 张三");
  expect(files()).toBe(0);
  await fill(passphrase, "secret");
  await press(say("keys.unlock"));
  expect(unlock).toHaveBeenCalledExactlyOnceWith("secret", []);
  expect(unlocked).toHaveBeenCalledExactlyOnceWith({ id: "k" });
});

it("stays after a wrong passphrase, says so, and can be answered again", async () => {
  unlock.mockRejectedValueOnce(new CryptoFailure("passphrase-wrong")).mockResolvedValueOnce({ id: "k" });
  await asked();
  await fill(passphrase, "wrong");
  await press(say("keys.unlock"));
  expect(words()).toContain("passphrase-wrong");
  expect([unlocked.mock.calls.length, cancelled.mock.calls.length]).toEqual([0, 0]);
  await fill(passphrase, "right");
  await press(say("keys.unlock"));
  expect(unlock).toHaveBeenLastCalledWith("right", []);
  expect(unlocked).toHaveBeenCalledOnce();
});

it("asks for the file where it is not kept", async () => {
  unlock.mockResolvedValue({ id: "k" });
  await asked(false, "");
  expect(words()).toContain(say("session.loginWhy"));
  await choose(say("keys.choose"), new File(["p12"], "own.p12"));
  await fill(passphrase, "secret");
  await enter(passphrase);
  await vi.waitFor(() => expect(unlocked).toHaveBeenCalled());
  expect(unlock).toHaveBeenCalledWith("secret", [{ name: "own.p12", bytes: new TextEncoder().encode("p12") }]);
});

it("asks for the file when what was kept is gone, which is no failure; what was typed stays", async () => {
  unlock.mockRejectedValueOnce(new CryptoFailure("key-files-needed"));
  await asked();
  await fill(passphrase, "secret");
  await press(say("keys.unlock"));
  expect(files()).toBe(1);
  expect(all("[role=alert]")).toEqual([]);
  expect(field(passphrase).value).toBe("secret");
  expect(button(say("keys.unlock"))?.disabled).toBe(false);
  // Asked for already, it is a failure.
  unlock.mockRejectedValueOnce(new CryptoFailure("key-files-needed"));
  await enter(passphrase);
  await vi.waitFor(() => expect(words()).toContain("key-files-needed"));
});

it("asks once at a time, and cannot be left while the key is being opened", async () => {
  let open = (_: unknown): void => undefined;
  unlock.mockReturnValue(new Promise((resolve) => (open = resolve)));
  await asked();
  await fill(passphrase, "secret");
  await press(say("keys.unlock"));
  await enter(passphrase);
  document.querySelector("dialog")?.dispatchEvent(new Event("cancel", { cancelable: true }));
  expect(button(say("common.cancel"))?.disabled).toBe(true);
  expect([unlock.mock.calls.length, cancelled.mock.calls.length]).toEqual([1, 0]);
  open({ id: "k" });
  await vi.waitFor(() => expect(unlocked).toHaveBeenCalledOnce());
});

it("is cancelled by its button and by Escape", async () => {
  await asked();
  await press(say("common.cancel"));
  document.querySelector("dialog")?.dispatchEvent(new Event("cancel", { cancelable: true }));
  expect(cancelled).toHaveBeenCalledTimes(2);
  expect(unlock).not.toHaveBeenCalled();
});

it("has its own title above a dialog that stands open", async () => {
  await asked(true, "甲公司");
  const answer = askForKey({ name: "乙公司", kept: true, unlock }).catch(() => undefined);
  await vi.waitFor(() => expect(all("dialog")).toHaveLength(2));
  const titles = all("dialog").map((it) => it.getAttribute("aria-labelledby"));
  expect(new Set(titles).size).toBe(2);
  all("dialog")
    .at(-1)
    ?.dispatchEvent(new Event("cancel", { cancelable: true }));
  all<HTMLButtonElement>("dialog button")
    .filter((it) => words(it) === say("common.cancel"))
    .at(-1)
    ?.click();
  await answer;
});
