/** What the rules' vectors say, as far as a page knows it: crypto/vectors/{terms,acts,record}. */
import { describe, expect, it } from "vitest";
import { actDigest, readBody } from "@/crypto/bid/act";
import { canonical, readCanonical } from "@/crypto/bid/canonical";
import { hex, u64, utf8 } from "@/crypto/bid/encoding";
import { digestOf, labelled } from "@/crypto/bid/hash";
import { checkSheet, judge, type FieldType, type Schema } from "@/crypto/bid/sheet";
import { rootsAt } from "@/views/supervisor/merkle";
import { unhexed, vectors } from "./vectors";

describe("every sheet of the vectors", () => {
  type Fields = Record<string, unknown>;
  const { schema, values, sheets } = vectors<{
    schema: Schema;
    values: { type: FieldType; right: unknown[]; wrong: unknown[] }[];
    sheets: { name: string; public: Fields; private: Fields; wrong: Record<string, string> }[];
  }>("terms/sheets.json");

  it.each(sheets)("has its outcome: $name", (sheet) => {
    const problems = checkSheet(schema, { open: sheet.public, kept: sheet.private });
    expect(Object.fromEntries(problems.map(({ field, wrong }) => [field, wrong]))).toEqual(sheet.wrong);
    expect(problems).toHaveLength(Object.keys(sheet.wrong).length);
  });

  it.each(values)("has right and wrong values: $type", ({ type, right, wrong }) => {
    const field = { id: "it", label: "it", type, required: false, public: true };
    for (const value of right) expect(judge(field, value), JSON.stringify(value)).toBeUndefined();
    for (const value of wrong) expect(judge(field, value), JSON.stringify(value)).toBe("value");
  });
});

describe("every order of reading of the vectors", () => {
  const { cases } = vectors<{ cases: { reading: string; bids: { bid: string; received: number; opened: boolean }[]; order: string[] }[] }>(
    "terms/reading.json",
  );
  it("is there", () => expect(cases.map(({ reading }) => reading)).toEqual(["received", "reversed", "digest"]));

  // No page puts bids in order; this is docs/spec/terms.md, 7, as it stands there.
  it.each(cases)("follows from the specification's words: $reading", ({ reading, bids, order }) => {
    const closing = bids.map(({ bid }) => bid).sort();
    const place = (bid: string) => hex(labelled("kaibiao/1 reading", ...closing.map(unhexed), unhexed(bid)));
    const opened = bids.filter((it) => it.opened);
    if (reading === "digest") opened.sort((one, other) => (place(one.bid) < place(other.bid) ? -1 : 1));
    else opened.sort((one, other) => (reading === "received" ? 1 : -1) * (one.received - other.received));
    expect(opened.map(({ bid }) => bid)).toEqual(order);
  });
});

describe("every chain of submissions of the vectors", () => {
  interface Step {
    bidder: number;
    body: string;
    outcome: string;
    live: string | null;
  }
  const { chains } = vectors<{ chains: { name: string; steps: Step[] }[] }>("acts/chains.json");

  it.each(chains)("links each accepted act to the one before: $name", ({ steps }) => {
    const last = new Map<string, { sequence: number; link: string }>();
    for (const { bidder, body, outcome, live } of steps) {
      const { act, lot, bid, sequence, previous } = readBody(body) as Record<string, string> & { sequence: number };
      const before = last.get(`${bidder} ${lot}`);
      const follows = sequence === (before?.sequence ?? 0) + 1 && previous === before?.link;
      if (outcome === "accepted") {
        expect(follows).toBe(true);
        expect(live).toBe(act === "submit" ? bid : null);
        last.set(`${bidder} ${lot}`, { sequence, link: act === "submit" ? bid! : actDigest(body) });
      } else if (outcome === "broken-chain") expect(follows).toBe(false);
    }
  });
});

describe("the record of the vectors", () => {
  interface Told {
    shell: string;
    facts: string;
    facts_salt: string;
    details: string;
    details_salt: string;
  }
  const { events, records } = vectors<{
    events: Told[];
    records: { name: string; size: number; root: string; record: string; digest: string }[];
  }>("record/opening.json");

  it("rests on events that their shells commit to", () => {
    const salted = (what: string, salt: string, body: string) => {
      const bytes = utf8(body);
      return hex(labelled(`kaibiao/1 ${what}`, unhexed(salt), u64(bytes.length), bytes));
    };
    for (const [at, told] of events.entries()) {
      expect(readCanonical(told.shell)).toMatchObject({
        seq: at + 1,
        facts: salted("facts", told.facts_salt, told.facts),
        details: salted("details", told.details_salt, told.details),
      });
    }
  });

  it.each(records)("is canonical, and names its tree and its bids: $name", ({ size, root, record, digest }) => {
    expect(digestOf(utf8(record))).toBe(digest);
    const read = readCanonical(record) as { stream: unknown; rows: { bid: string }[]; unopened: { bid: string }[] };
    expect(canonical(read)).toBe(record);
    expect(read.stream).toEqual({ size, root });
    const shells = events.map(({ shell }) => shell);
    expect(rootsAt(shells, [size]).get(size)).toBe(root);
    const told = events.slice(0, size).map(({ facts }) => facts);
    for (const { bid } of [...read.rows, ...read.unopened]) expect(told.some((facts) => facts.includes(bid))).toBe(true);
  });
});
