// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CryptoFailure } from "@/crypto/failure";
import { all, choose, leaveAll, mounted, say, settled, words } from "../../tests/mounted";
import Inspect from "./Inspect.vue";

const vault = vi.hoisted(() => ({ inspect: vi.fn(), checkBody: vi.fn(), rehearse: vi.fn() }));
vi.mock("@/crypto/client", () => ({ vault: () => vault }));

const file = (name: string) => new File([name], name);
const pick = () => all<HTMLInputElement>("input[type=file]")[0]!;
const put = async (name: string): Promise<void> => {
  const label = words(all("label")[0]) || pick().getAttribute("aria-label")!;
  await choose(label, file(name));
};
const whole = say("tool.inspect.whole");

beforeEach(() => {
  vault.inspect.mockReset().mockImplementation(async ({ name }: File) => ({ bid: `bid of ${name}`, documents: [], recipients: [] }));
  vault.checkBody.mockReset().mockResolvedValue(undefined);
});
afterEach(leaveAll);

it("says what a file is, and that it is whole only when all of it was read", async () => {
  let end = (): void => undefined;
  vault.checkBody.mockReturnValueOnce(new Promise<void>((resolve) => (end = resolve)));
  await mounted(Inspect, { info: null });
  await put("a.kbid");
  expect(words()).toContain("bid of a.kbid");
  expect(words()).not.toContain(whole);
  end();
  await settled();
  expect(words()).toContain(whole);
});

it("says of a damaged file that it is, and not that it is whole", async () => {
  vault.checkBody.mockRejectedValueOnce(new CryptoFailure("body-damaged"));
  await mounted(Inspect, { info: null });
  await put("a.kbid");
  expect(all("[role=alert]")).toHaveLength(1);
  expect(words()).not.toContain(whole);
});

it("says nothing of a file by what was found of the one before", async () => {
  let end = (): void => undefined;
  vault.checkBody
    .mockResolvedValueOnce(undefined)
    .mockReturnValueOnce(new Promise<void>((resolve) => (end = resolve)))
    .mockReturnValue(new Promise(() => undefined));
  await mounted(Inspect, { info: null });
  await put("whole.kbid");
  expect(words()).toContain(whole);
  await put("good.kbid");
  expect(words()).not.toContain(whole);
  await put("cut.kbid");
  end();
  await settled();
  expect(words()).toContain("bid of cut.kbid");
  expect(words()).not.toContain(whole);
});
