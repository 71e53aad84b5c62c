// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CryptoFailure } from "@/crypto/failure";
import { all, button, leaveAll, mounted, press, say, words } from "../../../../tests/mounted";
import Rehearse from "./Rehearse.vue";

const run = vi.fn();
beforeEach(() => vi.resetAllMocks());
afterEach(leaveAll);

it("says that the key opens the bid only after it did", async () => {
  let end = (): void => undefined;
  run.mockReturnValueOnce(new Promise<void>((resolve) => (end = resolve)));
  await mounted(Rehearse, { run, own: true });
  await press(say("tool.rehearse.start"));
  expect(words()).toContain(say("tool.rehearse.working"));
  expect(button(say("tool.rehearse.start"))?.disabled).toBe(true);
  expect(all(".green")).toEqual([]);
  end();
  await vi.waitFor(() => expect(words()).toContain(say("tool.rehearse.good")));
  expect(run).toHaveBeenCalledExactlyOnceWith(undefined);
});

it("takes back what it said when the next try fails", async () => {
  run.mockResolvedValueOnce(undefined).mockRejectedValueOnce(new CryptoFailure("passphrase-wrong"));
  await mounted(Rehearse, { run, own: true });
  await press(say("tool.rehearse.start"));
  expect(all(".green")).toHaveLength(1);
  await press(say("tool.rehearse.start"));
  expect(all(".green")).toEqual([]);
  expect(words(all("[role=alert]")[0])).toContain(say("crypto.problems.passphrase-wrong").slice(0, 6));
});

it("offers no own key where there is none here", async () => {
  await mounted(Rehearse, { run, own: false });
  expect(button(say("tool.rehearse.start"))).toBeUndefined();
  await press(say("tool.rehearse.other"));
  expect(all("input[type=file]").length).toBeGreaterThan(0);
});
