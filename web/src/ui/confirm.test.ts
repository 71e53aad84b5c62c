// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { all, button, enter, fill, leaveAll, type Page, mounted, press, say, settled, words } from "../../tests/mounted";
import ConfirmAct from "./ConfirmAct.vue";

let page: Page;
const word = say("common.typeToConfirm", { word: "唱标" });
const action = vi.fn(async (): Promise<unknown> => undefined);
const done = vi.fn();

async function asked(props: Record<string, unknown> = {}): Promise<void> {
  page = await mounted(
    ConfirmAct,
    { open: true, title: "开始唱标", action, onDone: done, "onUpdate:open": (now: boolean) => (page.given["open"] = now), ...props },
    { slots: { default: () => "不能撤回" } },
  );
}

beforeEach(() => {
  vi.useFakeTimers();
  action.mockReset().mockResolvedValue(undefined);
  done.mockReset();
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

describe("before something irreversible", () => {
  it("nothing can be pressed for five seconds, and Enter does nothing either", async () => {
    await asked();
    expect(words()).toContain("不能撤回");
    expect(button(`${say("common.confirm")} (5)`)?.disabled).toBe(true);
    document.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(button(`${say("common.confirm")} (1)`)?.disabled).toBe(true);
    expect(action).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    await press(say("common.confirm"));
    expect(action).toHaveBeenCalledOnce();
    expect(page.given["open"]).toBe(false);
    expect(done).toHaveBeenCalledOnce();
  });

  it("the word asked for is typed, and no other", async () => {
    await asked({ word: "唱标", label: "签名唱标" });
    expect(button("签名唱标")?.disabled).toBe(true);
    await fill(word, "唱 标");
    await enter(word);
    expect(action).not.toHaveBeenCalled();
    await fill(word, " 唱标 ");
    await press("签名唱标");
    expect(action).toHaveBeenCalledOnce();
  });

  it("the caller's own form is complete", async () => {
    await asked({ seconds: 0, blocked: true });
    expect(button(say("common.confirm"))?.disabled).toBe(true);
    page.given["blocked"] = false;
    await settled();
    await press(say("common.confirm"));
    expect(action).toHaveBeenCalledOnce();
  });
});

it("stays open with what went wrong, and may be tried again", async () => {
  action.mockRejectedValueOnce(new Error("kaputt"));
  await asked({ seconds: 0 });
  await press(say("common.confirm"));
  expect(words(document.querySelector("[role=alert]")!)).toContain("kaputt");
  expect([page.given["open"], done.mock.calls.length]).toEqual([true, 0]);
  await press(say("common.confirm"));
  expect(page.given["open"]).toBe(false);
});

it("does not act twice while the first is under way, and cannot be left meanwhile", async () => {
  let end = (_: unknown): void => undefined;
  action.mockReturnValueOnce(new Promise((resolve) => (end = resolve)));
  await asked({ seconds: 0 });
  await press(say("common.confirm"));
  document.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  document.querySelector("dialog")?.dispatchEvent(new Event("cancel", { cancelable: true }));
  await settled();
  expect(action).toHaveBeenCalledOnce();
  expect(page.given["open"]).toBe(true);
  expect(all<HTMLButtonElement>("button").every((it) => it.disabled)).toBe(true);
  end(undefined);
  await settled();
  expect(page.given["open"]).toBe(false);
});

it("begins anew when it is opened again: neither the word nor the seconds are left over", async () => {
  await asked({ word: "唱标" });
  await fill(word, "唱标");
  await press(say("common.cancel"));
  page.given["open"] = true;
  await settled();
  expect(button(say("common.confirm"))?.disabled).toBe(true);

  page.given["word"] = undefined;
  page.given["open"] = false;
  await settled();
  page.given["open"] = true;
  await settled();
  expect(button(`${say("common.confirm")} (5)`)?.disabled).toBe(true);
});
