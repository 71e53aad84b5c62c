/** What the public log proves: crypto/vectors/log, and the logs of crypto/vectors/tlog. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Accepted, Closing, Terms } from "@/crypto/bid";
import { base64, hex, unbase64, utf8 } from "@/crypto/bid/encoding";
import type { SealingTerms } from "@/crypto/bid/terms-shape";
import { intl as suite } from "@/crypto/suite";
import { proveAccepted, proveClosing, proveLogged } from "@/crypto/tlog/anchored";
import { KIND, parseKey, parseNote } from "@/crypto/tlog/note";
import { openCheckpoint, policyOf, type Policy } from "@/crypto/tlog/policy";
import { parseProof, proveEntry } from "@/crypto/tlog/proof";
import { codeOf, vectors } from "./vectors";

type Trust = SealingTerms["trust"];

async function outcomeOf(check: () => Promise<unknown>): Promise<string> {
  try {
    await check();
    return "ok";
  } catch (error) {
    return codeOf(error);
  }
}

/** Of the terms the checks ask whom to believe, and which terms of which lot they are. */
function termsWith(trust: Trust, about: { digest?: string; lot?: string; project?: string } = {}): Terms {
  const { digest = "", lot = "1", project = "" } = about;
  return { bytes: new Uint8Array(), digest, content: { lot, project, trust } as SealingTerms };
}

interface Case {
  name: string;
  kind: "closing" | "accepted";
  outcome: string;
  statement: Closing | Accepted;
  proof: any;
  trust: Trust;
}
const { cases } = vectors<{ cases: Case[] }>("log/statements.json");
const [holds, unasked] = cases as [Case, Case];

function prove({ kind, statement, proof, trust }: Case): Promise<{ code: string }[]> {
  return kind === "closing"
    ? proveClosing(statement as Closing, proof, termsWith(trust))
    : proveAccepted(statement as Accepted, proof, termsWith(trust));
}

describe("every proof of a statement", () => {
  it.each(cases)("has its outcome: $kind, $name", async (vector) => {
    expect(await outcomeOf(() => prove(vector))).toBe(vector.outcome);
  });

  it("is asked for where witnesses are, and missed aloud where none is", async () => {
    expect(await outcomeOf(() => prove({ ...holds, proof: undefined }))).toBe("log-quorum");
    expect(await prove({ ...unasked, proof: undefined })).toEqual([{ code: "not-logged" }]);
    expect(
      await prove({ ...holds, proof: undefined, trust: { ...holds.trust, log_key: undefined, witnesses: undefined, quorum: 0 } as never }),
    ).toEqual([{ code: "no-log" }]);
  });

  it("that holds has nothing to tell", async () => {
    expect(await prove(holds)).toEqual([]);
    expect(await prove(unasked)).toEqual([]);
  });

  it("is refused with members more or less", async () => {
    const { proof } = holds;
    const { event: _, ...less } = proof;
    for (const other of [less, { ...proof, more: 1 }, { ...proof, anchored: { ...proof.anchored, proof: 1 } }, "proof", {}])
      expect(await outcomeOf(() => prove({ ...holds, proof: other }))).toBe("anchor-malformed");
  });
});

describe("every proof of logged terms", () => {
  interface Logged {
    name: string;
    lot: string;
    project: string;
    terms: string;
    proof: string;
    outcome: string;
  }
  const { cases, trust } = vectors<{ cases: Logged[]; trust: Trust }>("log/terms.json");

  it.each(cases)("has its outcome: $name", async ({ lot, project, terms, proof, outcome }) => {
    let told: string | undefined;
    const stopped = await outcomeOf(async () => {
      told = (await proveLogged(termsWith(trust, { digest: terms, lot, project }), proof))[0]?.code;
    });
    // Before sealing a quorum that is missing is told and stops nothing.
    expect([stopped, told]).toEqual(outcome === "log-quorum" ? ["ok", "few-witnesses"] : [outcome, undefined]);
  });

  it("is asked for where the platform can be asked, and missed aloud elsewhere", async () => {
    expect(await outcomeOf(() => proveLogged(termsWith(trust), null))).toBe("terms-not-logged");
    expect(await proveLogged(termsWith(trust), undefined)).toEqual([{ code: "logged-missing" }]);
    const { log_key: _, witnesses: __, ...none } = trust;
    expect(await proveLogged(termsWith({ ...none, quorum: 0 }), null)).toEqual([{ code: "no-log" }]);
  });
});

describe.each(["vec3", "vec257"])("the log %s", (folder) => {
  interface Meta {
    log_vkey: string;
    witness_vkey: string;
    size: number;
    root: string;
    index: number;
    leaf: string;
    incl: string[];
  }
  const file = (name: string) =>
    readFileSync(fileURLToPath(new URL(`../../crypto/vectors/tlog/${folder}/${name}`, import.meta.url)), "utf8");
  const meta = vectors<Meta>(`tlog/${folder}/meta.json`);
  const trust = { origin: meta.log_vkey.split("+")[0]!, log_key: meta.log_vkey, witnesses: [meta.witness_vkey], quorum: 1 };
  const policy = policyOf(trust) as Policy;
  const checkpoint = file("checkpoint");
  const proof = file("proof.tlog-proof");

  it("has a checkpoint that its key and its witness signed", async () => {
    const opened = await openCheckpoint(parseNote(checkpoint)!, policy);
    expect({ size: Number(opened.size), root: hex(opened.root) }).toEqual({ size: meta.size, root: meta.root });
    expect(opened.times).toHaveLength(1);
  });

  it("proves its entry, and no other one", async () => {
    const entry = utf8(meta.leaf);
    expect(parseProof(proof)).toMatchObject({ index: BigInt(meta.index), path: meta.incl });
    const prove = (bytes: Uint8Array<ArrayBuffer>) => outcomeOf(() => proveEntry(bytes, withoutExtra(proof), policy, () => undefined));
    expect(await prove(entry)).toBe("ok");
    expect(await prove(utf8(`${meta.leaf} `))).toBe("log-inclusion");
  });
});

/** An extra line is proved by nothing; what this platform serves has none. */
function withoutExtra(proof: string): string {
  return proof.replace(/\nextra [^\n]*\n/, "\n");
}

describe("texts of a log", () => {
  const { trust, proof } = holds;
  const text: string = proof.anchored.proof;
  const note = text.slice(text.indexOf("\n\n") + 2);
  const policy = policyOf(trust)!;

  it("have one spelling of numbers and hashes", () => {
    expect(parseProof(text)).toBeDefined();
    for (const index of ["02", "+2", "-2", "2 ", " 2", "0x2", "", "18446744073709551616"])
      expect(parseProof(text.replace("\nindex 2\n", `\nindex ${index}\n`)), index).toBeUndefined();
    expect(parseProof(text.replace("\nindex 2\n", "\nindex 18446744073709551615\n"))).toBeDefined();
    const hash = text.split("\n")[2] ?? "";
    // The last character of 32 bytes in base64 has two bits that are zero.
    for (const other of [hash.replace(/.=$/, "B="), hash.replace("=", ""), `${hash}\r`, hash.slice(4)])
      expect(parseProof(text.replace(hash, other)), other).toBeUndefined();
    expect(parseProof(text.replace(hash, Array(61).fill(hash).join("\n")))).toBeDefined();
    expect(parseProof(text.replace(hash, Array(62).fill(hash).join("\n")))).toBeUndefined();
  });

  it("are notes with signatures, all of their form", () => {
    const [line] = note.match(/\u2014 .*\n/)!;
    expect(parseNote(note)).toBeDefined();
    const many = (n: number) => note + line.repeat(n - parseNote(note)!.signatures.length);
    expect(parseNote(many(100))).toBeDefined();
    for (const other of [
      many(101),
      note.slice(0, -1),
      note.replace("\n\n", "\n"),
      note.replace("\u2014 ", "- "),
      note.replace(line, "\u2014 name AAAAAA==\n"),
      note.replace(line, "\u2014 na+me AAAAAAA=\n"),
      note.replace(line, "\u2014  AAAAAAA=\n"),
      note.replace("\n", "\t\n"),
      `${"x".repeat(1 << 20)}\n\n${line}`,
    ])
      expect(parseNote(other), other.slice(0, 200)).toBeUndefined();
  });

  it("are no checkpoints with other lines than three", async () => {
    for (const [from, to] of [
      ["\n5\n", "\n05\n"],
      ["\n5\n", "\n9223372036854775808\n"],
      ["=\n\n", "=\nmore\n\n"],
    ] as const)
      expect(await outcomeOf(() => openCheckpoint(parseNote(note.replace(from, to))!, policy))).toBe("log-unsigned");
  });

  it("count a witness once, by its last time", async () => {
    const { times } = await openCheckpoint(parseNote(note)!, policy);
    const [witness] = note.match(/\u2014 witness1.*\n/)!;
    expect(await openCheckpoint(parseNote(note + witness)!, policy)).toMatchObject({ times });
    // Whoever claims to be a witness and is not spoils the whole.
    const [name, value] = witness.slice(2, -1).split(" ") as [string, string];
    const bytes = unbase64(value)!;
    bytes[30]! ^= 1;
    expect(await outcomeOf(() => openCheckpoint(parseNote(`${note}\u2014 ${name} ${base64(bytes)}\n`)!, policy))).toBe("log-unsigned");
    bytes[0]! ^= 1;
    expect(await openCheckpoint(parseNote(`${note}\u2014 ${name} ${base64(bytes)}\n`)!, policy)).toMatchObject({ times });
  });
});

describe("whom terms believe about the log", () => {
  const { trust } = holds;
  const [one, two, three] = trust.witnesses as [string, string, string];
  const outcome = (change: Partial<Trust>) => outcomeOf(async () => policyOf({ ...trust, ...change } as Trust));

  it("is a log of the platform's name and more than half of the witnesses", async () => {
    expect(await outcome({})).toBe("ok");
    expect(await outcome({ witnesses: [one], quorum: 1 })).toBe("ok");
    expect(await outcome({ quorum: 0 })).toBe("ok");
  });

  it.each<[string, Partial<Trust>]>([
    ["no log for a quorum", { log_key: undefined as never }],
    ["no log for witnesses", { log_key: undefined as never, quorum: 0 }],
    ["a log of another name", { origin: "bid.example.com" }],
    ["a witness as the log", { log_key: one }],
    ["the log as a witness", { witnesses: [trust.log_key!, two, three] }],
    ["a witness twice", { witnesses: [one, two, one] }],
    ["a quorum of two in four", { witnesses: [one, two, three, vkeyOf(4)] }],
    ["a quorum beyond them all", { witnesses: [one], quorum: 2 }],
    ["33 witnesses", { witnesses: Array.from({ length: 33 }, (_, at) => vkeyOf(at + 2)), quorum: 17 }],
    ["another id than the key's", { log_key: trust.log_key!.replace("+7d6e3869+", "+7d6e3868+") }],
    ["an id in capitals", { log_key: trust.log_key!.replace("+7d6e3869+", "+7D6E3869+") }],
    ["a witness whose key is everybody's", { witnesses: [one, two, vkeyOf(0)] }],
  ])("is impossible (terms-log): %s", async (_, change) => expect(await outcome(change)).toBe("terms-log"));

  it("takes 32 witnesses", async () => {
    expect(await outcome({ witnesses: Array.from({ length: 32 }, (_, at) => vkeyOf(at + 2)), quorum: 17 })).toBe("ok");
  });

  it("reads no name with white space, plus or control characters", () => {
    for (const name of ["", "a b", "a\u3000b", "a\u0085b", "a\u007fb"]) expect(parseKey(vkeyOf(9, name), KIND.witness)).toBeUndefined();
    expect(parseKey(vkeyOf(9, "见证人/一"), KIND.witness)).toMatchObject({ name: "见证人/一" });
  });
});

/** A witness's vkey of 32 bytes of that number. */
function vkeyOf(byte: number, name = `w${byte}.example.org`): string {
  const key = new Uint8Array(33).fill(byte);
  key[0] = KIND.witness;
  const id = hex(suite.digest(utf8(`${name}\n`), key).slice(0, 4));
  return `${name}+${id}+${base64(key)}`;
}
