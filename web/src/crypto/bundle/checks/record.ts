/** Opening records: what they say of bids and custodians against what the facts say. Made again, to the byte, they are not here. */
import { canonical, NotCanonical, readCanonical } from "../../bid/canonical";
import { hex } from "../../bid/encoding";
import { sha256 } from "../../bid/hash";
import { anything, array, digest, integer, Misshapen, object, oneOf, read, string, type Read, type Reader } from "../../bid/shape";
import type { Hex } from "../../bid/types";
import type { Lot } from "../course";
import { as, isComplaint, lotOf, lotsOf } from "../facts";
import { Findings } from "../outcome";
import type { Fact, Reading, Told } from "../reading";
import { fieldsOf, toldOf } from "./sheets";

/** Some members of an object, and any others. */
function members<S extends Record<string, Reader<unknown>>, O extends Record<string, Reader<unknown>>>(required: S, optional: O) {
  const shape = object(required, optional);
  const names = [...Object.keys(required), ...Object.keys(optional)];
  return (value: unknown, at: string) => {
    const all = anything(value, at);
    return shape(Object.fromEntries(names.flatMap((name) => (Object.hasOwn(all, name) ? [[name, all[name]]] : []))), at);
  };
}

const yes: Reader<boolean> = (value) => value === true;
const rowShape = members(
  { bid: digest, line: oneOf("confirmed", "disputed", "silent"), received: integer(), sheet: anything },
  { deposit: string, rescued: yes, unlocked: integer() },
);
const recordShape = members(
  {
    lot: members({ bids: integer(), id: string, minimum: integer(), reading: string, schema: anything, state: string }, {}),
    project: members({ id: string, t0: integer(Number.MIN_SAFE_INTEGER) }, {}),
    rows: array(rowShape),
    stream: object({ root: digest, size: integer() }),
    unopened: array(members({ bid: digest, status: string }, { cites: array(integer()), finding: string, rule: string })),
  },
  { corrects: digest, custodians: array(members({ bid: digest, fault: string, seq: integer(), x: integer() }, {})) },
);
type Opening = Read<typeof recordShape>;

/** A record as its event names it. */
interface Named {
  seq: number;
  lot: string;
  record: Hex;
  corrects?: Hex;
}

export async function record(reading: Reading): Promise<Findings> {
  const findings = new Findings();
  const named = reading.facts.flatMap(({ seq, facts: { what } }): Named[] => {
    const made = as(what, "record_made");
    return made ? [{ ...made, seq }] : [];
  });
  for (const it of named) {
    const file = `records/${it.record}.json`;
    const bytes = reading.bundle.records.get(it.record);
    if (!bytes) {
      if (isWanted(reading, it)) findings.lacks();
      continue;
    }
    const told = hex(sha256(bytes)) === it.record ? recordIn(bytes) : undefined;
    const holds = told !== undefined && rests(reading, it, told) && (await tells(reading, it, told));
    findings.expect(holds, "record-differs", { file });
    if (!told) continue;
    const before = reading.events.slice(0, told.stream.size);
    // No record says anything of what may be erased.
    const isThere = ({ facts, details }: Told, at: number) => facts && (details || reading.bundle.lines[at]?.erased);
    findings.told(before.every(isThere));
  }
  return findings;
}

function recordIn(bytes: Uint8Array): Opening | undefined {
  try {
    return read(recordShape, readCanonical(bytes));
  } catch (error) {
    if (error instanceof Misshapen || error instanceof NotCanonical) return undefined;
    throw error;
  }
}

/** Whether the record is in this edition: in the public one the last of each lot. */
function isWanted({ course, isPublic }: Reading, { lot, record }: Named): boolean {
  return !isPublic || course.lots.get(lot)?.records.at(-1) === record;
}

/** Whether a record rests on a tree before it, after which nothing happened to its lot. */
function rests({ facts, tree }: Reading, { seq, lot }: Named, { stream: { size, root } }: Opening): boolean {
  const isAbout = ({ facts: { what } }: Fact) => !isComplaint(what) && (lotOf(what) === lot || lotsOf(what).includes(lot));
  const between = facts.filter((fact) => fact.seq > size && fact.seq < seq);
  return size < seq && tree.root(size) === root && !between.some(isAbout);
}

/** Whether a record tells what the facts do. */
async function tells(reading: Reading, { lot: id, corrects }: Named, told: Opening): Promise<boolean> {
  const { course } = reading;
  const lot = course.lots.get(id);
  if (!lot) return false;
  const before = reading.facts.filter(({ seq }) => seq <= told.stream.size);
  const opened = lot.order.flatMap((party) => {
    const bid = lot.opened.get(party);
    return bid === undefined ? [] : [{ party, bid }];
  });
  const rows = await Promise.all(opened.map(({ party, bid }, at) => isRow(reading, before, lot, id, party, bid, told.rows[at])));
  const shut = shutOf(reading, id, lot);
  const terms = reading.terms.get(lot.rules.terms);
  return (
    told.project.id === reading.project &&
    told.project.t0 === course.t0 &&
    told.lot.id === id &&
    told.lot.bids === lot.closing.length &&
    told.lot.minimum === lot.rules.minimum &&
    told.lot.reading === lot.rules.reading &&
    (!terms || canonical(terms.schema) === canonical(told.lot.schema)) &&
    told.corrects === corrects &&
    told.rows.length === opened.length &&
    rows.every((it) => it) &&
    told.unopened.length === shut.length &&
    shut.every(({ bid, party }, at) => isShut(before, id, party, bid, told.unopened[at])) &&
    areFaults(before, id, told)
  );
}

type Row = Opening["rows"][number] | undefined;

async function isRow(reading: Reading, before: Fact[], lot: Lot, id: string, party: string, bid: Hex, row: Row): Promise<boolean> {
  if (!row) return false;
  const received = reading.course.received.findLast((it) => it.lot === id && it.party === party && it.bid === bid);
  const own = before.filter(({ facts: { what } }) => lotOf(what) === id && what["party"] === party);
  const last = own.findLast(({ facts: { what } }) => what.kind === "line_confirmed" || what.kind === "line_disputed");
  const line = last ? (last.facts.what.kind === "line_disputed" ? "disputed" : "confirmed") : "silent";
  const unlocked = own.findLast(({ facts: { what } }) => as(what, "unlocked") ?? as(what, "rescued")?.matches);
  const deposit = own.flatMap(({ facts: { what } }) => as(what, "deposit_marked")?.deposit ?? []).at(-1);
  const [fields, told] = [await fieldsOf(reading, bid), toldOf(reading, bid)];
  const sheet = canonical(row.sheet);
  return (
    row.bid === bid &&
    row.received === received?.time &&
    (fields === undefined || sheet === canonical(fields)) &&
    (told === undefined || sheet === told) &&
    row.deposit === deposit &&
    row.unlocked === unlocked?.time &&
    (row.rescued === true) === lot.rescues.has(bid) &&
    row.line === line
  );
}

/** The bids that counted and did not open, by their parties. */
function shutOf({ course }: Reading, id: string, lot: Lot): { party: string; bid: Hex }[] {
  const counted = lot.closing.filter((bid) => !lot.refused.has(bid) && lot.outcomes.get(bid) !== "opened");
  const parties = counted.flatMap((bid) => {
    const received = course.received.findLast((it) => it.lot === id && it.bid === bid);
    return received ? [{ party: received.party, bid }] : [];
  });
  return parties.sort((one, other) => (one.party < other.party ? -1 : 1));
}

type Unopened = Opening["unopened"][number] | undefined;

function isShut(before: Fact[], id: string, party: string, bid: Hex, row: Unopened): boolean {
  const own = before.filter(({ facts: { what } }) => lotOf(what) === id && what["party"] === party);
  const made = own.flatMap(({ facts: { what } }) => as(what, "finding_made") ?? []).at(-1);
  const ruled = own.flatMap(({ facts: { what } }) => as(what, "finding_confirmed") ?? as(what, "finding_overruled") ?? []).at(-1);
  const finding = ruled?.finding ?? made?.finding;
  const status = !ruled ? "first" : finding === made?.finding ? "confirmed" : "overruled";
  const cites = canonical(row?.cites ?? []) === canonical(made?.cites ?? []);
  return row?.bid === bid && row.finding === finding && row.rule === made?.rule && row.status === status && cites;
}

/** Whether the custodians found at fault are those of the facts. */
function areFaults(before: Fact[], id: string, { custodians = [] }: Opening): boolean {
  const found = before.flatMap(({ seq, facts: { what } }) => {
    const it = as(what, "custodian_found");
    return it?.lot === id ? [{ bid: it.bid, fault: it.fault, seq, x: it.x }] : [];
  });
  return canonical(found) === canonical(custodians.map(({ bid, fault, seq, x }) => ({ bid, fault, seq, x })));
}
