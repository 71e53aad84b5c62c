import { describe, expect, it, vi } from "vitest";
import { trailOf } from "../../../tests/trail";
import { type AuditEvent, fetchAll, isProved, linesOf, NOTHING, queryOf, read, tableOf, whoOf, whoseOf } from "./trail";

const asked = vi.hoisted(() => vi.fn());
vi.mock("@/api", async (real) => ({
  ...(await real<object>()),
  api: { GET: (path: string, given?: object) => asked(path, given) },
  data: (reply: unknown) => reply,
}));

const facts = { by: "administrator", what: { binding: "00", kind: "role_bound", role: "host" } };
const details = { author: { name: "交易中心", organisation: "91", person: "=张三" } };
const salts = ["11".repeat(32), "22".repeat(32)];

/** The second of three events. */
function second(facts: object, details: object): { event: AuditEvent; root: string } {
  const other = { facts: { by: "platform", what: { kind: "stopped" } }, details: {} };
  const { events, root } = trailOf([other, { facts, details }, other]);
  return { event: events[1] as AuditEvent, root };
}

describe("an event of the platform's stream", () => {
  const { event, root } = second(facts, details);

  it("is what its shell commits to, and in the tree", () => {
    expect(isProved(event, 3, root)).toBe(true);
    const { details: _, details_salt: __, ...rest } = event;
    expect(isProved({ ...rest, hidden: "desk" } as AuditEvent, 3, root)).toBe(true);
  });

  it("is not proved once anything of it is otherwise", () => {
    const changes: Partial<Record<keyof AuditEvent, unknown>>[] = [
      { seq: 1 },
      { time: 10 },
      { facts: { ...facts, by: "host" } },
      { facts_salt: salts[0] },
      { details: { author: { ...details.author, name: "别人" } } },
      { details_salt: salts[1] },
      { details: undefined, details_salt: undefined },
      { shell: event.shell.replace('"time":9', '"time":8') },
      { shell: "{}" },
      { path: [] },
      { path: [...event.path, root] },
      { path: ["33".repeat(32)] },
    ];
    for (const change of changes) {
      expect(isProved({ ...event, ...change } as AuditEvent, 3, root), JSON.stringify(change)).toBe(false);
    }
    expect(isProved(event, 2, root)).toBe(false);
    expect(isProved(event, 3, "33".repeat(32))).toBe(false);
  });

  it("is told by whose act it was, and whose role it is about", () => {
    expect(whoOf(read(event, 3, root))).toBe("交易中心 =张三");
    const other = second(facts, { subject: { name: "某厂" } });
    expect(whoOf(read(other.event, 3, other.root))).toBe("");
    expect(whoseOf(read(other.event, 3, other.root))).toBe("某厂");
  });

  it("is kept with what proves it, and computes nothing in a spreadsheet", () => {
    const entry = read(event, 3, root);
    expect(JSON.parse(linesOf([entry]))).toEqual({ ...event, size: 3, root });
    const formula = second(facts, { author: { name: '=1+"1"' } });
    const table = tableOf([read(formula.event, 3, formula.root)], () => "2026-11-28");
    const [head, row, end] = table.split("\r\n");
    expect(head).toBe("\uFEFFseq,time,kind,by,who,organisation,subject,project,facts,details,shell");
    expect(row?.startsWith('"2","2026-11-28","role_bound","administrator","\'=1+""1""","","",')).toBe(true);
    expect(end).toBe("");
  });
});

describe("a search", () => {
  it("is asked for in whole days of Beijing, and by kinds for a group", () => {
    expect(queryOf(NOTHING)).toEqual({});
    const day = Date.UTC(2026, 10, 27, 16);
    expect(queryOf({ from: "2026-11-28", to: "2026-11-28", kind: "running", actor: " 张三 ", project: "p" })).toEqual({
      from: day,
      to: day + 86_400_000,
      kind: "started,stopped,health_noted",
      actor: "张三",
      project: "p",
    });
    expect(queryOf({ ...NOTHING, kind: "role_bound", from: "x" })).toEqual({ kind: "role_bound" });
  });

  it("reads page after page to the end, and not in circles", async () => {
    const { event } = second(facts, details);
    const pages: Record<number, object> = {
      0: { events: [event], next: 5, size: 9, root: "00" },
      5: { events: [], next: 8, size: 9, root: "00" },
      8: { events: [event], next: 8, size: 9, root: "00" },
    };
    asked.mockImplementation((_path: string, given: { params: { query: { after: number } } }) => pages[given.params.query.after]);
    const counts: number[] = [];
    const all = await fetchAll(NOTHING, (count) => counts.push(count));
    expect(all).toHaveLength(2);
    expect(counts).toEqual([1, 1, 2]);
    expect(asked).toHaveBeenCalledTimes(3);
  });
});
