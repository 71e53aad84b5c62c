// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import { fill, leaveAll, mounted, say, settled, words } from "../../../tests/mounted";
import Openings from "./Openings.vue";

vi.mock("@/session", () => ({ useSession: () => ({ session: null, roles: ["supervisor"] }) }));
vi.mock("@/ui/LinkedList.vue", () => ({ default: { render: () => null } }));
vi.mock("@/views/complaints/ComplaintsBand.vue", () => ({ default: { render: () => null } }));
const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({ ...(await real<object>()), api: { GET: asked }, data: (reply: unknown) => reply }));
afterEach(leaveAll);

it("does not say of a period that it has no openings before that was answered", async () => {
  let answer = (_: object): void => undefined;
  asked.mockImplementation(() => new Promise((resolve) => (answer = resolve)));
  await mounted(Openings);
  const none = () => words().includes(say("supervisor.openings.none"));
  expect(none()).toBe(false);
  answer({ rooms: [], now: 0 });
  await settled();
  expect(none()).toBe(true);
  await fill(say("supervisor.openings.period"), "366");
  expect(none()).toBe(false);
  answer({ rooms: [], now: 0 });
  await settled();
  expect(none()).toBe(true);
});
