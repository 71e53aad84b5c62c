/**
 * Bids and proofs across implementations: this page's modules against the
 * real program, in both directions, with a server that really runs.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  MemorySink,
  beforeUnlock,
  checkAcknowledgement,
  checkBody,
  checkPublication,
  checkReceipt,
  checkTerms,
  keyFilePublic,
  newKeyFile,
  open,
  openKeyFile,
  parseTerms,
  readKbid,
  recipients,
  rehearse,
  release,
  repeatSheet,
  rescue,
  seal,
  sealTerms,
  secretOf,
  splitSheet,
  unlockAct,
  type AcceptedView,
  type Judge,
  type Released,
  type Terms,
} from "@/crypto/bid";
import { Role } from "@/crypto/bid/derive";
import { base64, unbase64 } from "@/crypto/bid/encoding";
import { shareOf } from "@/crypto/bid/rehearse";
import { custodianKey } from "@/crypto/bid/terms";
import type { SignedAct, StatementProof, Step } from "@/crypto/contract";
import { proveLogged } from "@/crypto/tlog/anchored";
import { PASSPHRASE, Session, Town, sign, until } from "./town";

interface Lists {
  closing: { body: string; signature: string };
  inclusion: { index: number; size: number; leaf: string; path: string[] };
  proof: StatementProof;
}

/** What a step told, where it was done. */
const told = ({ steps }: { steps: Step[] }, code: string) =>
  steps.flatMap((step) => (step.code === code && step.state === "done" ? [(step.notes ?? []).map((note) => note.code)] : []));

describe("a bid sealed here and the real program", () => {
  const town = new Town();
  let judge: Judge;
  let project: string;
  let terms: Terms;
  const t0 = 75;

  beforeAll(async () => {
    await town.found();
    judge = await town.judge();
    project = town.publish(t0);
    terms = parseTerms(new Uint8Array(await (await fetch(`${town.url}/api/v1/projects/${project}/lots/1/terms`)).arrayBuffer()));
  }, 120_000);

  afterAll(() => town.close());

  it("goes from published terms to an announced price, each side believing the other's bytes", { timeout: 180_000 }, async () => {
    // The terms hold before this side's own eyes.
    await checkTerms(terms, judge, Date.now(), { project, lot: "1" });
    const view = (await (await fetch(`${town.url}/api/v1/projects/${project}`)).json()) as { publication: SignedAct };
    await checkPublication(terms, view.publication, judge);

    // Jia (P-256) seals here, with a spare made here; the program opens both.
    const jia = await town.keyring("jia");
    const spare = await newKeyFile(PASSPHRASE);
    writeFileSync(town.file("jia", "spare.kkey"), spare.text);
    const document = new Uint8Array((5 << 20) + 77).map((_, at) => (at * 2654435761) >>> 24);
    const sink = new MemorySink();
    const own = jia.opening[0]!.spki;
    const sealed = await seal(
      {
        terms: sealTerms(terms, true),
        bidder: town.people["jia"]!.code,
        chain: jia.signing.chain,
        recipients: recipients(own, [keyFilePublic(spare.text)]),
        sheet: splitSheet(terms.content.schema, { price: "98765432", manager: "欧阳建国" }),
        documents: [
          { name: "技术标.pdf", media: "application/pdf", file: new Blob([document]) },
          { name: "空.txt", media: "text/plain", file: new Blob([]) },
        ],
        time: Date.now(),
        keys: jia.opening,
      },
      sink,
    );
    const file = sink.blob();
    expect(file.size).toBe(sealed.size);
    writeFileSync(town.file("jia", "B.kbid"), new Uint8Array(await file.arrayBuffer()));
    expect(town.must("jia", ["bid", "inspect", "B.kbid"]).inspection).toMatchObject({ bid: sealed.bid, documents: [document.length, 0] });
    expect(town.must("jia", ["bid", "rehearse", "B.kbid"])).toMatchObject({ bid: sealed.bid });
    town.must("jia", ["bid", "rehearse", "B.kbid", "--keyfile", "spare.kkey"]);

    // The terms are in the public log, as anybody can look up without a session.
    const loggedPath = `${town.url}/api/v1/projects/${project}/lots/1/terms/logged`;
    await until("the terms in the log", async () => (await fetch(loggedPath)).ok);
    const { proof } = (await (await fetch(loggedPath)).json()) as { proof: string };
    expect(await proveLogged(terms, proof)).toEqual([]);
    const amended = { ...terms, digest: "0".repeat(64) };
    await expect(proveLogged(amended, proof)).rejects.toMatchObject({ code: "log-inclusion" });

    // It is handed in from here as the API says, chunk digests first.
    const session = await Session.login(town.url, jia);
    const place = { origin: terms.content.trust.origin, project };
    const act = await sign(jia, place, { act: "submit", bid: sealed.bid, lot: "1", sequence: 1 });
    const begun = await session.post<{ upload: string; length: number }>(`projects/${project}/lots/1/bids`, {
      header: base64(sealed.header),
      act,
      chunks: base64(sealed.chunks),
    });
    expect(begun.length).toBe(sealed.size - sealed.header.length);
    const body = new Uint8Array(await file.slice(sealed.header.length).arrayBuffer());
    const patched = await session.patch(begun.upload.startsWith("/") ? begun.upload : `/api/v1/uploads/${begun.upload}`, body);
    expect(patched.status, await patched.text()).toBe(204);
    const receipt = JSON.parse(Buffer.from(patched.headers.get("kaibiao-receipt")!, "base64").toString()) as {
      body: string;
      signature: string;
    };
    const header = await readKbid(file);
    expect(await checkReceipt(receipt, terms, header)).toMatchObject({ bid: sealed.bid });

    // Yi (RSA, a pair of certificates) seals with the program; this side reads and rehearses.
    writeFileSync(town.file("yi", "sheet.json"), JSON.stringify({ price: "88888888", manager: "李四" }));
    writeFileSync(town.file("yi", "商务标.pdf"), document.subarray(0, 3_000_000));
    town.must("yi", ["keyfile", "new", "--output", "spare.kkey"]);
    town.must("yi", [
      "bid",
      "seal",
      "--project",
      project,
      "--lot",
      "1",
      "--sheet",
      "sheet.json",
      "--document",
      "商务标.pdf",
      "--spare",
      "spare.kkey",
      "--rescue",
      "--output",
      "Y.kbid",
    ]);
    const theirs = new Blob([new Uint8Array(readFileSync(town.file("yi", "Y.kbid")))]);
    const yi = await town.keyring("yi");
    const yiHeader = await readKbid(theirs);
    await rehearse(yiHeader, yi.opening);
    await rehearse(yiHeader, [await openKeyFile(readFileSync(town.file("yi", "spare.kkey"), "utf8"), PASSPHRASE)]);
    await expect(rehearse(yiHeader, jia.opening)).rejects.toMatchObject({ code: "wrap-other-key" });
    expect((await checkBody(theirs)).length).toBeGreaterThan(32 * 4);
    town.must("yi", ["bid", "submit", "Y.kbid"]);

    // What the program sealed opens here as a whole, with two custodians' keys that it made.
    const custodyKey = async (who: string) => openKeyFile(readFileSync(town.file(who, "custody/custody.kkey"), "utf8"), PASSPHRASE);
    const shares = await Promise.all(["agency", "supervisor"].map(async (who) => shareOf(yiHeader, Role.release, await custodyKey(who))));
    const b = await secretOf(yiHeader, yi.opening, yiHeader.bid);
    const found: Uint8Array[] = [];
    const opened = await open(
      theirs,
      { b, shares, custodians: terms.content.custodians.map((it) => custodianKey(it, terms.content.suite)) },
      (_, chunk) => void found.push(chunk),
    );
    expect(opened.sheet).toEqual({ price: "88888888" });
    expect(opened.manifest).toMatchObject({ documents: [{ name: "商务标.pdf", size: 3_000_000 }], sheet: { manager: "李四" } });
    expect(Buffer.concat(found).equals(Buffer.from(document.subarray(0, 3_000_000)))).toBe(true);

    // T0. Jia unlocks from here after checking the closing statement by itself.
    await until("T0", async () => (await fetch(`${town.url}/api/v1/projects/${project}/closing`)).ok, t0 + 30);
    town.must("agency", ["opening", "list", project, "--lot", "1"]);
    town.must("agency", ["opening", "start", project, "--lot", "1"]);
    const closingPath = `projects/${project}/closing?bid=${sealed.bid}`;
    await until("the closing statement's proof", async () => (await session.get<Lists>(closingPath)).proof !== undefined);
    const lists = await session.get<Lists>(closingPath);
    const request = {
      place,
      terms: new TextDecoder().decode(terms.bytes),
      header: sealed.header,
      bid: sealed.bid,
      closing: lists.closing,
      inclusion: lists.inclusion,
      proof: lists.proof,
      receipt,
      now: Date.now(),
    };
    const ready = await beforeUnlock(request);
    expect(ready.failure).toBeUndefined();
    // The log proves that these are the bids by which the platform's record says that it closed.
    expect(told(ready, "unlock-log")).toEqual([[]]);
    expect(told(await beforeUnlock({ ...request, proof: null }), "unlock-log")).toEqual([["not-logged"]]);
    const { facts } = lists.proof.event;
    const other = { ...lists.proof, event: { ...lists.proof.event, facts: facts.replace(sealed.bid, yiHeader.bid) } };
    expect((await beforeUnlock({ ...request, proof: other })).failure?.code).toBe("event-differs");
    const early = await beforeUnlock({ ...request, now: Date.now() - 3_600_000 });
    expect(early.failure?.code).toBe("clock-before-t0");
    const otherLeaf = await beforeUnlock({ ...request, inclusion: { ...lists.inclusion, index: lists.inclusion.index + 1 } });
    expect(otherLeaf.failure?.code).toBe("not-in-tree");

    const { body: unlockBody, secrets } = await unlockAct(ready.value!, jia.opening);
    const unlock = await sign(jia, place, unlockBody, secrets);
    const reply = await session.post<{ reply: Record<string, any> }>(`projects/${project}/acts`, unlock);
    const acknowledgement = reply.reply["acknowledgement"] ?? reply.reply["acknowledge"];
    await checkAcknowledgement(acknowledgement, ready.value!, unlock.body);
    await expect(checkAcknowledgement(acknowledgement, ready.value!, `${unlock.body} `)).rejects.toMatchObject({
      code: "acknowledgement-other",
    });

    // Yi cannot unlock and asks for a rescue: the centre's share of b comes from here, the others' from the program.
    const centre = await town.keyring("centre");
    const office = await Session.login(town.url, centre);
    const key = await custodyKey("centre");
    town.must("yi", ["bid", "ask-rescue", project, "--lot", "1", "--reason", "钥匙损坏"]);
    town.must("supervisor", [
      "opening",
      "order",
      "rescue",
      project,
      "--lot",
      "1",
      "--bidder",
      town.people["yi"]!.code,
      "--reason",
      "同意补救",
    ]);
    const shown = await office.bytes(`projects/${project}/bids/${yiHeader.bid}/header`);
    expect(base64(shown)).toBe(base64(yiHeader.bytes));
    const { closing, proof: closingProof } = await office.get<Lists>(`projects/${project}/closing`);
    const order = await office.get<SignedAct>(`projects/${project}/bids/${yiHeader.bid}/rescue-order`);
    const rescued = await rescue({ terms, judge, closing, closingProof, order, bid: yiHeader.bid, header: shown, now: Date.now(), key });
    expect(rescued.failure).toBeUndefined();
    expect(told(rescued, "rescue-log")).toEqual([[]]);
    await office.post(`projects/${project}/acts`, await sign(centre, place, rescued.value!.body, rescued.value!.secrets));
    for (const who of ["agency", "supervisor"])
      town.must(who, ["custodian", "rescue", project, "--lot", "1", "--bid", yiHeader.bid, "--custody", town.file(who, "custody")]);

    // The centre releases from here with the key that the program made; the agency by the program.
    const path = `projects/${project}/lots/1/accepted`;
    await until(
      "the accepted set",
      () =>
        office.get(path).then(
          () => true,
          () => false,
        ),
      150,
    );
    await until("the accepted statement's proof", async () => (await office.get<AcceptedView>(path)).accepted_proof !== undefined);
    const accepted = await office.get<AcceptedView>(path);
    const releasing = { terms, view: accepted, judge, now: Date.now(), key, rescued: [yiHeader.bid] };
    const causes = async (change: Partial<typeof releasing>) =>
      (await release({ ...releasing, ...change })).value!.withheld.map(({ why }) => (why.reason === "not-proved" ? why.cause : why.reason));
    expect(await causes({ rescued: [] })).toEqual(["unlock-missing"]);
    const proved = await release(releasing);
    expect(proved.failure).toBeUndefined();
    expect(told(proved, "release-log")).toEqual([[]]);
    const swapped = { ...accepted, accepted_proof: accepted.closing_proof ?? null };
    expect((await release({ ...releasing, view: swapped })).failure?.code).toBe("anchor-differs");
    const before: Released = { ...proved.value!.released, accepted: "0".repeat(64) };
    expect((await release({ ...releasing, before })).failure?.code).toBe("released-other");
    expect(await causes({ view: { ...accepted, bids: accepted.bids.slice(1) } })).toEqual(["header"]);
    const jias = accepted.bids.find(({ bid }) => bid === sealed.bid)!.unlock!;
    const stranger = { ...accepted, bids: accepted.bids.map((bid) => ({ ...bid, unlock: jias })) };
    expect(await causes({ view: stranger })).toEqual(["unlock-other"]);
    await office.post(`projects/${project}/acts`, await sign(centre, place, proved.value!.body, proved.value!.secrets));
    town.must("agency", ["custodian", "release", project, "--lot", "1", "--custody", town.file("agency", "custody")]);

    // Both bids open, and their prices are those that were sealed.
    await until("opened", async () => {
      const now = await office.get<{ lots: Record<string, { stage: string }> }>(`projects/${project}`);
      return now.lots["1"]!.stage === "opened";
    });
    town.must("agency", ["opening", "announce", project, "--lot", "1"]);
    const { sheets } = await office.get<{ sheets: { bid: string; fields: Record<string, unknown>; segment_key: string }[] }>(
      `projects/${project}/lots/1/sheets`,
    );
    expect(sheets.map(({ fields }) => fields["price"]).sort()).toEqual(["88888888", "98765432"]);

    // Anybody who holds the file repeats the opening of its sheet from the published key.
    const published = sheets.find(({ bid }) => bid === sealed.bid)!;
    const { ciphertext } = header.places[0]!;
    const segment = new Uint8Array(await file.slice(header.bytes.length, header.bytes.length + ciphertext).arrayBuffer());
    expect(await repeatSheet(header, unbase64(published.segment_key)!, segment)).toEqual({ price: "98765432" });
  });
});
