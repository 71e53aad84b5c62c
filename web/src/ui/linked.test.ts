// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import { leaveAll, mounted, say, settled, words } from "../../tests/mounted";
import LinkedList from "./LinkedList.vue";

vi.mock("@/session", () => ({ useSession: () => ({ roles: [] }) }));
const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({ ...(await real<object>()), api: { GET: asked }, data: (reply: unknown) => reply }));
afterEach(leaveAll);

it("does not say that none is linked before it is known", async () => {
  let answer = (_: object): void => undefined;
  asked.mockReturnValue(new Promise((resolve) => (answer = resolve)));
  await mounted(LinkedList);
  expect(words()).not.toContain(say("session.link.none"));
  answer({ linked: [] });
  await settled();
  expect(words()).toContain(say("session.link.none"));
});
