// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { shallowRef } from "vue";
import { Refused } from "@/api";
import { dateTime } from "@/ui/format";
import { anew, dutyOf, keyFor, lies, lineOf, vault } from "../../../tests/custodian";
import { all, button, leaveAll, mounted, press, say, settled, words } from "../../../tests/mounted";
import Custody from "./Custody.vue";
import type { Line } from "./duties";
import { keepKnownKey } from "./kept";

vi.mock("@/crypto/client", async () => ({ vault: (await import("../../../tests/custodian")).vault }));
vi.mock("@/session", async () => {
  const { session } = await import("../../../tests/custodian");
  return { useSession: () => session };
});
const view = shallowRef<object | null>(null);
vi.mock("@/room", () => ({ useRoom: () => ({ view, log: shallowRef([]) }) }));
/** What the list of projects is asked, and what the server answers. */
const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({
  ...(await real<object>()),
  api: { GET: (path: string, given?: object) => asked(`GET ${path}`, given) },
  data: (reply: unknown) => reply,
}));
/** The parts, each by its name and what it is for, and a button that says what it says when it is through. */
vi.mock("./Release.vue", async () => {
  const { h } = await import("vue");
  return {
    default: {
      props: ["project", "duty"],
      emits: ["released"],
      render(it: { duty: { lot: string }; $emit(name: string): void }) {
        return h("button", { class: "part", onClick: () => it.$emit("released") }, `release ${it.duty.lot}`);
      },
    },
  };
});
vi.mock("./Rescue.vue", async () => {
  const { h } = await import("vue");
  return {
    default: {
      props: ["project", "duty", "lot"],
      render: (it: { duty: { lot: string } }) => h("p", { class: "part" }, `rescue ${it.duty.lot}`),
    },
  };
});
vi.mock("./Making.vue", async () => {
  const { h } = await import("vue");
  return {
    default: {
      props: ["lines", "keys", "unread"],
      emits: ["kept", "certified"],
      render(it: { lines: Line[]; keys: unknown[]; $emit(name: string, left: number): void }) {
        return [
          h("p", { class: "part" }, `make ${it.lines.map(({ id }) => id)} with ${it.keys.length}`),
          h("button", { onClick: () => it.$emit("certified", 0) }, "certified"),
        ];
      },
    },
  };
});
vi.mock("./Agent.vue", () => ({ default: { props: ["project"], render: () => null } }));
vi.mock("./Doings.vue", () => ({ default: { props: ["log", "view", "own"], render: () => null } }));

const LIST = "GET /api/v1/projects";
let answers: Record<string, unknown>;
const list = (...lines: Line[]) => void (answers[LIST] = { projects: lines });
const shown = () => mounted(Custody, { project: "a" });
const parts = () => all(".part").map((it) => words(it));
const badges = () => all("li.lot > p > .badge.red, li.lot > p > .badge.green, li.lot > p > .badge.amber").map((it) => words(it));
const phase = (name: string) => say(`custodian.phases.${name}`);
const another = () => button(say("custodian.lots.makeAnother"));

beforeEach(() => {
  anew();
  view.value = null;
  answers = {};
  asked.mockReset().mockImplementation(async (what: string) => {
    const found = answers[what];
    if (found instanceof Error) throw found;
    return found;
  });
});
afterEach(leaveAll);

describe("what is to be released", () => {
  it("is each lot that waits for it, and no lot that was released or is not there yet", async () => {
    const lots = [
      dutyOf({ lot: "1" }),
      dutyOf({ lot: "2", released: true }),
      dutyOf({ lot: "3", stage: "unlocking", key: "a" }),
      dutyOf({ lot: "4" }),
    ];
    list(lineOf("a", ...lots), lineOf("b", dutyOf({ lot: "9" })));
    await shown();
    expect(parts()).toEqual(["release 1", "release 4"]);
  });

  it("stays on the screen once it was released, marked as done, with what came of it", async () => {
    list(lineOf("a", dutyOf()));
    await shown();
    expect([badges(), all("li.lot .badge.red").length]).toEqual([[phase("releaseNow")], 1]);
    list(lineOf("a", dutyOf({ released: true })));
    await press("release 1");
    expect(parts()).toEqual(["release 1"]);
    expect([badges(), all("li.lot .badge.green").length]).toEqual([[phase("released")], 1]);
  });

  it("is not marked as done before the platform says so", async () => {
    list(lineOf("a", dutyOf()));
    await shown();
    await press("release 1");
    expect([badges(), all("li.lot .badge.green").length]).toEqual([[phase("releaseNow")], 0]);
  });
});

it("offers to rescue only in lots that are being unlocked", async () => {
  view.value = { lots: { "1": { stage: "unlocking" }, "2": { stage: "releasing" } } };
  list(lineOf("a", dutyOf({ lot: "1", stage: "unlocking", key: "a" }), dutyOf({ lot: "2", released: true })));
  await shown();
  expect(parts()).toEqual(["rescue 1"]);
});

describe("the key of the project", () => {
  it("is to be made while any lot lacks it, and there is no other to replace", async () => {
    const lots = [dutyOf({ stage: "preparing" }), dutyOf({ lot: "2", stage: "preparing", certified: false })];
    list(lineOf("a", ...lots));
    await lies(keyFor("a"));
    await shown();
    expect(parts()).toEqual(["make a with 1"]);
    expect(badges()).toEqual([phase("certified"), phase("keyMissing")]);
    expect(another()).toBeUndefined();
  });

  it("is made anew, and not from the one that was lost, where the person wants another", async () => {
    list(lineOf("a", dutyOf({ stage: "bidding", key: "a" })));
    await lies(keyFor("a"));
    await shown();
    expect(parts()).toEqual([]);
    await press(say("custodian.lots.makeAnother"));
    expect(parts()).toEqual(["make a with 0"]);
    await press("certified");
    expect(parts()).toEqual([]);
  });

  it("is not replaced once the bids are closed", async () => {
    list(lineOf("a", dutyOf({ stage: "unlocking", key: "a" })));
    await shown();
    expect(another()).toBeUndefined();
  });

  it("is said to have been proved here only where it was", async () => {
    const proved = Date.UTC(2026, 0, 2);
    const told = say("custodian.lots.known", { time: dateTime(proved, "minute") });
    list(lineOf("a", dutyOf({ stage: "bidding", key: "a" })));
    await keepKnownKey("b", { id: "id-b", point: "b", proved, name: "b" });
    await shown();
    expect(words()).not.toContain(told);
    leaveAll();
    await keepKnownKey("a", { id: "id-a", point: "a", proved, name: "a" });
    expect(await vault().shelf("custody ring")).toEqual([]);
    await shown();
    expect(words()).toContain(told);
  });

  it("is made by whoever was invited, before any lot is the custodian's", async () => {
    list({ ...lineOf("a"), invited: true });
    await shown();
    expect(parts()).toEqual(["make a with 0"]);
    expect(words()).not.toContain(say("custodian.duties.notYours"));
  });
});

it("says which project is not the custodian's, and what could not be read", async () => {
  list(lineOf("b", dutyOf()));
  await shown();
  expect(words()).toContain(say("custodian.duties.notYours"));
  leaveAll();
  answers[LIST] = new Refused(0);
  await shown();
  await settled();
  expect([all("[role=alert]").length, words().includes(say("custodian.duties.notYours"))]).toEqual([1, false]);
});
