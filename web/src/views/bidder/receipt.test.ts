// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import { shallowRef } from "vue";
import { Refused } from "@/api";
import { all, leaveAll, mounted, press, say, words } from "../../../tests/mounted";
import Receipt from "./Receipt.vue";

const ask = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({ ...(await real<object>()), api: { GET: ask }, data: (reply: unknown) => reply }));
vi.mock("@/bids", () => ({ useBids: () => ({ bids: [], load: async () => undefined, refresh: async () => undefined }) }));
vi.mock("@/room", () => ({ useRoom: () => ({ view: shallowRef() }) }));
vi.mock("@/session", () => ({ useSession: () => ({ session: null, inSession: (work: () => unknown) => work() }) }));

afterEach(leaveAll);

it("is asked for again where it could not be read", async () => {
  const statement = { project: "p", lot: "1", bid: "b1", received: 0, leaf: "abcd" };
  ask.mockRejectedValueOnce(new Refused(0)).mockResolvedValue({ body: JSON.stringify({ statement }), signature: "s" });
  await mounted(Receipt, { project: "p", lot: "1", bid: "b1" });
  expect(words()).toContain(say("common.unreachable"));
  await press(say("common.retry"));
  expect([all("[role=alert]"), words().includes("abcd")]).toEqual([[], true]);
});
