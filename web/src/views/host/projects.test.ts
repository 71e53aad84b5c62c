// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Refused } from "@/api";
import { all, fill, leaveAll, mounted, say, settled, words } from "../../../tests/mounted";
import Projects from "./Projects.vue";

vi.mock("@/session", () => ({ useSession: () => ({ session: { organisation: "own", certificate: "c" }, key: null, roles: ["host"] }) }));
vi.mock("./Templates.vue", () => ({ default: { render: () => null } }));
vi.mock("./kept", () => ({ allKept: async () => new Map(), moveIn: async () => undefined }));
const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({ ...(await real<object>()), api: { GET: asked }, data: (reply: unknown) => reply }));

let answer: () => Promise<void>;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  asked.mockImplementation(
    () =>
      new Promise((resolve) => {
        answer = async () => {
          resolve({ projects: [] });
          await settled();
        };
      }),
  );
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

it("says that there is none only of what was asked and answered", async () => {
  const said = () => [say("host.projects.none"), say("host.projects.noMatch")].map((it) => words().includes(it));
  await mounted(Projects);
  expect(said()).toEqual([false, false]);
  await answer();
  expect(said()).toEqual([true, false]);
  await fill(say("host.projects.search"), "桥");
  expect(said()).toEqual([false, false]);
  await vi.advanceTimersByTimeAsync(300);
  expect(said()).toEqual([false, false]);
  await answer();
  expect(said()).toEqual([false, true]);
  await fill(say("host.projects.search"), "");
  expect(said()).toEqual([false, false]);
});

it("leaves none out in silence because it could not be read, unless it is not to be seen", async () => {
  const of = (second: number) => async (_: string, given: { params: { path?: { id: string } } }) => {
    const id = given.params.path?.id;
    if (id === undefined) return { projects: [{ id: "1" }, { id: "2" }] };
    throw new Refused(id === "1" ? 404 : second);
  };
  asked.mockImplementation(of(403));
  await mounted(Projects);
  expect([words().includes(say("host.projects.none")), all("[role=alert]")]).toEqual([true, []]);
  leaveAll();
  asked.mockImplementation(of(0));
  await mounted(Projects);
  expect([words().includes(say("host.projects.none")), words().includes(say("common.unreachable"))]).toEqual([false, true]);
});
