// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { all, button, field, fill, leaveAll, mounted, type Page, press, say, settled, words } from "../../../../tests/mounted";
import Replay from "./Replay.vue";

const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({ ...(await real<object>()), api: { GET: asked }, data: (reply: unknown) => reply }));
vi.mock("@/ui/room/PriceChart.vue", () => ({ default: { render: () => null } }));
vi.mock("./Proof.vue", () => ({ default: { render: () => null } }));

const T = 1_800_000_000_000;
const MINUTE = 60_000;
const by = (seq: number, minutes: number, kind: string, who: string, more: object = {}) => ({
  ...{ seq, time: T + minutes * MINUTE, kind, by: who },
  ...more,
});
const steps = [
  by(1, -60, "published", "host", { organisation: "h", who: "城建 张三", stages: { "1": "bidding" } }),
  by(2, 0, "deadline_reached", "time", { stages: { "1": "checking" } }),
  by(3, 1, "window_started", "host", { organisation: "h", who: "城建 张三", lots: ["1"], stages: { "1": "unlocking" } }),
  by(4, 2, "unlocked", "bidder", { organisation: "a", who: "甲公司 李四", lots: ["1"], name: "甲公司" }),
];
const onlookers = [{ as: "supervisor", name: "监督局" }, { as: "bidder:a", name: "甲公司" }, { as: "public" }];
const lot = (seq: number) => ({
  ...{ title: "土建", stage: seq > 2 ? "unlocking" : "checking", reached: "checking", minimum: 3, due: T + 31 * MINUTE, custodians: [] },
  ...{ schema: { fields: [] }, counts: { bids: 1, refused: 0, waiting: 1, unlocked: 0, failed: 0, opened: 0 } },
  parties: [{ party: "pa", name: "甲公司", bid: "b".repeat(64), refused: false, signed_in: seq > 3 }],
});
/** The room after an event; the public is shown nothing before the publication. */
function scene(seq: number, as: string, now: number): object {
  const view = { number: "N1", title: "桥", notice: "", changes: [], closed_for_bids: seq > 1, t0: T, lots: { "1": lot(seq) } };
  const sources = { "/lots/1/stage": seq > 2 ? 3 : 2, "/lots/1/parties/0": 1, ...(seq > 3 ? { "/lots/1/parties/0/signed_in": 4 } : {}) };
  return { seq, time: steps[seq - 1]?.time, now, as, view: as === "public" && seq < 2 ? null : view, sources };
}
const said = { seq: 3, time: T + MINUTE, kind: "said", body: { text: "开始解密", by: "城建" } };
const places: string[] = [];

function answer(path: string, { params }: { params: { query?: { at?: string; as?: string; after?: number } } }): unknown {
  const { at = "", as = "", after = 0 } = params.query ?? {};
  if (path.endsWith("/steps")) return { steps: steps.filter(({ seq }) => seq > after), size: 4, onlookers };
  if (path.endsWith("/feed")) return { items: after < 3 ? [said] : [], next: 4, size: 4 };
  places.push(`${as} ${at}`);
  const instant = /^\d+$/.test(at) ? (steps[Number(at) - 1]?.time ?? 0) : Date.parse(at);
  return scene(steps.findLast(({ time }) => time <= instant)?.seq ?? 0, as, instant);
}

const told = steps.map((it) => ({ ...it, what: { kind: it.kind }, lots: ["1"], text: "", shell: `shell ${it.seq}` }));
let page: Page;
const shown = async (more: object = {}) => {
  // Where it begins is told before the page is there.
  page = { given: {} } as Page;
  page = await mounted(Replay, {
    ...{ project: "p", events: told, now: T + 10 * MINUTE, ended: true, at: null, as: "supervisor" },
    "onUpdate:at": (at: number) => (page.given["at"] = at),
    "onUpdate:as": (as: string) => (page.given["as"] = as),
    ...more,
  });
  await settled();
  await settled();
};
const text = (key: string, filled: Record<string, string | number> = {}) => say(`supervisor.replay.${key}`, filled);
const cursor = () => field(text("cursor"));
const at = () => all("p.at strong")[0]?.textContent ?? "";
const room = () => words(all(".then")[0]);
const key = async (name: string) => {
  all(".player")[0]?.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
  await settled();
};

beforeEach(() => {
  places.length = 0;
  asked.mockReset().mockImplementation(async (path: string, options: never) => answer(path, options));
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(() => {
  leaveAll();
  vi.useRealTimers();
});

it("begins at T0, and the keyboard walks to the ends and step by step", async () => {
  await shown();
  expect(at()).toContain(say("supervisor.kinds.deadline_reached"));
  await key("ArrowRight");
  expect(at()).toContain(say("supervisor.kinds.window_started"));
  await key("End");
  expect(page.given["at"]).toBe(4);
  await key("ArrowRight");
  expect(page.given["at"]).toBe(4);
  await key("Home");
  expect(page.given["at"]).toBe(1);
  // A field keeps its own keys.
  field(text("eyes")).dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true }));
  await settled();
  expect(page.given["at"]).toBe(1);
});

it("shows the room as it was, with its clock, and through another's eyes", async () => {
  await shown({ at: 3 });
  expect(room()).toContain("甲公司");
  expect(room()).toContain("30:00");
  expect(room()).toContain("开始解密");
  await fill(text("eyes"), "public");
  expect(places.at(-1)).toBe("public 3");
  await key("Home");
  expect(room()).toContain(text("unseen"));
});

it("has no button in the room that acts, only links to the events that put things there", async () => {
  await shown({ at: 4 });
  const buttons = all<HTMLButtonElement>(".then button").map((it) => words(it));
  expect(buttons.length).toBeGreaterThan(2);
  for (const name of buttons) expect(name).toContain(text("event", { seq: "" }).trim());
  await press(`${text("sources.signed_in")} ${text("event", { seq: 4 })}`);
  expect(all(".opened h3").map((it) => words(it))[0]).toContain(text("event", { seq: 4 }));
});

it("jumps to a stage, and walks over one actor's steps alone", async () => {
  await shown();
  await fill(text("jump"), "3");
  expect(page.given["at"]).toBe(3);
  await fill(say("supervisor.events.by"), "by:host");
  expect(cursor().max).toBe("1");
  await key("ArrowLeft");
  expect(page.given["at"]).toBe(1);
  await key("ArrowRight");
  expect(page.given["at"]).toBe(3);
});

it("plays event by event, or by the clock, and stops at the end", async () => {
  await shown({ at: 2 });
  await press(text("play"));
  await vi.advanceTimersByTimeAsync(1_000);
  await settled();
  expect(at()).toContain(say("supervisor.kinds.window_started"));
  expect(page.given["at"]).toBe(2);
  await press(text("pause"));
  expect(page.given["at"]).toBe(3);
  await fill(say("supervisor.events.speed"), "60");
  await key(" ");
  await vi.advanceTimersByTimeAsync(500);
  await settled();
  await key(" ");
  // Half a second at sixty times: between two events, asked for by its instant.
  expect(places.at(-1)).toBe(`supervisor ${new Date(T + MINUTE + 30_000).toISOString()}`);
  expect(room()).toContain("29:30");
  await press(text("play"));
  await vi.advanceTimersByTimeAsync(5_000);
  await settled();
  expect(page.given["at"]).toBe(4);
  expect(button(text("play"))).toBeDefined();
});
