// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import { button, leaveAll, mounted, press, say } from "../../../../tests/mounted";
import KeysPanel from "./KeysPanel.vue";

afterEach(() => {
  leaveAll();
  vi.unstubAllGlobals();
});

it("says that the link was copied only where it was", async () => {
  const writeText = vi.fn(() => Promise.reject(new DOMException("no", "NotAllowedError")));
  const clipboard = (it: object | undefined) => vi.stubGlobal("navigator", { ...navigator, clipboard: it });
  await mounted(KeysPanel, { project: "p", view: { lots: {}, keys: [], published: false } });
  for (const it of [undefined, { writeText }]) {
    clipboard(it);
    await press(say("common.copy"));
    expect(button(say("common.copied"))).toBeUndefined();
  }
  writeText.mockImplementation(() => Promise.resolve() as Promise<never>);
  await press(say("common.copy"));
  expect(button(say("common.copied"))).toBeDefined();
  expect(writeText.mock.lastCall).toEqual([expect.stringContaining("/custodian/p")]);
});
