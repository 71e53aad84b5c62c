// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from "vitest";
import { leaveAll, mounted, say, settled, words } from "../../../tests/mounted";
import Projects from "./Projects.vue";

vi.mock("@/session", () => ({ useSession: () => ({ session: null, roles: [], ready: true }) }));
vi.mock("@/ui/desk/DeskCall.vue", () => ({ default: { render: () => null } }));
vi.mock("@/api", async (real) => ({
  ...(await real<object>()),
  api: { GET: async () => ({ projects: [] }) },
  data: (reply: unknown) => reply,
}));
const device = vi.hoisted(() => ({ load: vi.fn() }));
vi.mock("@/bids", () => ({ useBids: () => ({ bids: [], load: device.load }) }));
afterEach(leaveAll);

it("does not say that a bidder takes part in nothing before its own device was asked", async () => {
  let loaded = (): void => undefined;
  device.load.mockReturnValue(new Promise<void>((resolve) => (loaded = resolve)));
  await mounted(Projects);
  expect(words()).toContain(say("bidder.projects.noneOpen"));
  expect(words()).not.toContain(say("bidder.projects.noneMine"));
  loaded();
  await settled();
  expect(words()).toContain(say("bidder.projects.noneMine"));
});
