import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { AcceptedAct, Believed, RecordCheck, RecordRequest, SheetProof, Vault } from "./contract";
import { createVault } from "./vault";

/** A record of the real program with all that goes with it: crypto/vectors/record. */
interface Vector {
  record: string;
  signatures: { record: string; signatures: { seq: number; role: string; name: string; act: AcceptedAct; cms?: boolean }[] };
  proof: Record<string, unknown>;
  sheets: Record<string, SheetProof>;
  terms: { terms: string; publication: AcceptedAct; lists: string[]; logged: string };
  platform: { origin: string; log_key: string; cas: Believed["cas"] };
  root: string;
}
const place = fileURLToPath(new URL("../../../crypto/vectors/record/checked.json", import.meta.url));
const read = () => JSON.parse(readFileSync(place, "utf8")) as Vector;
const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

let vault: Vault;
beforeAll(() => {
  vault = createVault();
});

function request(vector: Vector, more: Partial<RecordRequest> = {}): RecordRequest {
  const { terms, platform, signatures, proof } = vector;
  return {
    record: new TextEncoder().encode(vector.record),
    digest: read().signatures.record,
    signatures,
    proof,
    publication: terms.publication,
    logged: terms.logged,
    terms: terms.terms,
    platform: { origin: platform.origin, key: platform.log_key },
    roots: [vector.root],
    cas: platform.cas,
    lists: terms.lists.map(bytes),
    now: Date.now(),
    ...more,
  };
}

const found = (checks: RecordCheck[], finding: RecordCheck["finding"]) => checks.filter((it) => it.finding === finding);

describe("a record of the real program", () => {
  it("is checked whole: its signers' certificates, the statements, the log", async () => {
    const checks = await vault.checkRecord(request(read()));
    expect(found(checks, "fails")).toEqual([]);
    expect(checks.map(({ check, finding }) => `${check} ${finding}`)).toEqual(
      ["record", "terms", "host", "signature", "signature", "signature", "closing", "accepted", "consistency", "log", "bids"].map(
        (check) => `${check} holds`,
      ),
    );
    const certificates = checks.flatMap(({ certificate }) => certificate ?? []);
    const names = read().signatures.signatures.map(({ name }) => name);
    expect(certificates.map(({ organisationName }) => organisationName)).toEqual(names);
  });

  it("is checked without any root but for who issued the certificates", async () => {
    const checks = await vault.checkRecord(request(read(), { roots: [] }));
    const partly = found(checks, "partly");
    expect(new Set(partly.map(({ check }) => check))).toEqual(new Set(["terms", "host", "signature"]));
    expect(partly.every(({ failure }) => failure?.code === "roots-needed")).toBe(true);
    expect(found(checks, "fails")).toEqual([]);
  });

  const record = (change: (text: string) => string) => (vector: Vector) => {
    vector.record = change(vector.record);
  };
  type Loose = any;
  const proof = (change: (proof: Loose) => void) => (vector: Vector) => change(vector.proof);
  const cases: [string, (vector: Vector) => void, string, string][] = [
    ["another price", record((it) => it.replace("100000", "100009")), "record", "record-differs"],
    ["another platform", ({ platform }) => void (platform.log_key = platform.log_key.replace(/^./, "A")), "terms", "terms-elsewhere"],
    [
      "terms of which the host knows nothing",
      (it) => void delete (it.terms as Partial<Vector["terms"]>).publication,
      "terms",
      "publication-missing",
    ],
    [
      "somebody else's signature",
      ({ signatures: { signatures: all } }) => void (all[1]!.act.signature = all[2]!.act.signature),
      "signature",
      "signature-invalid",
    ],
    ["a bidder as host", ({ signatures: { signatures: all } }) => void (all[1]!.role = "host"), "signature", "act-purpose"],
    ["the host as centre", ({ signatures: { signatures: all } }) => void (all[0]!.role = "centre"), "signature", "author-differs"],
    ["no closing statement", proof((it) => delete it.closing), "closing", "statement-missing"],
    [
      "another signature of the platform",
      proof((it) => (it.closing.statement.signature = it.accepted.statement.signature)),
      "closing",
      "signature-invalid",
    ],
    ["another statement's proof", proof((it) => (it.closing.proof = it.accepted.proof)), "closing", "anchor-differs"],
    [
      "a tree that goes on from another one",
      proof((it) => (it.closing.consistency = it.accepted.consistency)),
      "consistency",
      "consistency",
    ],
    ["an anchor of another salt", proof((it) => (it.anchored.anchor.salt = "22".repeat(32))), "log", "log-inclusion"],
    ["an anchor before the record", proof((it) => (it.anchored.anchor = it.closing.proof.anchored.anchor)), "log", "consistency"],
    ["something unknown in the proof", proof((it) => (it.more = 1)), "record", "evidence-malformed"],
  ];
  it.each(cases)("is not believed with %s", async (_, change, check, code) => {
    const vector = read();
    change(vector);
    const checks = await vault.checkRecord(request(vector));
    const [first] = found(checks, "fails");
    expect([first?.check, first?.failure?.code]).toEqual([check, code]);
  });

  it("says what is not there yet", async () => {
    const vector = read();
    delete vector.proof["anchored"];
    vector.signatures.signatures = vector.signatures.signatures.filter(({ role }) => role !== "host");
    const open = found(await vault.checkRecord(request(vector)), "open");
    expect(open.map(({ check, failure }) => [check, failure?.code])).toEqual([
      ["host", "record-unsigned"],
      ["log", "not-anchored"],
    ]);
  });

  it("has the sheets that were sealed", async () => {
    const { sheets, record: text } = read();
    const { rows } = JSON.parse(text) as { rows: { bid: string; sheet: object }[] };
    for (const { bid, sheet } of rows) expect(await vault.reopenSheet(bid, sheets[bid]!)).toEqual(sheet);
  });
});
