/** What the public log must prove before a secret leaves: each condition broken by itself is refused by its own code. */
import { beforeAll, describe, expect, it } from "vitest";
import { beforeUnlock, release, rescue, type Header, type ReleaseOrder } from "@/crypto/bid";
import { canonical } from "@/crypto/bid/canonical";
import { hex } from "@/crypto/bid/encoding";
import type { StatementProof, Step, UnlockRequest } from "@/crypto/contract";
import { KIND } from "@/crypto/tlog/note";
import { anchored, lastEvent, signatory, type Signatory } from "./logging";
import { NOW, PLACE, PROJECT, T0, begin, content, judge, keys, leaves, people, platform, sealOne, sign, state } from "./proving";
import { beginRelease, headers, order, view } from "./proving-release";

let log: Signatory;
let witnesses: Signatory[];
beforeAll(async () => {
  log = await signatory(PLACE.origin, KIND.log);
  witnesses = await Promise.all([1, 2, 3].map((n) => signatory(`witness${n}.example.org`, KIND.witness)));
});
const trust = (quorum: number) => ({ log_key: log.vkey, witnesses: witnesses.map(({ vkey }) => vkey), quorum });

/** What a step told, and how it ended. */
function outcome({ steps, failure }: { steps: Step[]; failure?: { code: string } | undefined }, step: string) {
  const it = steps.find(({ code }) => code === step);
  return { state: it?.state, told: it?.notes?.map(({ code }) => code) ?? [], failure: failure?.code };
}
const went = (...told: string[]) => ({ state: "done", told, failure: undefined });
const stopped = (code: string) => ({ state: "failed", told: [], failure: code });

/** The event that closes the lists, as the second of its tree. */
const closed = (bids: string[]) => {
  const at = T0 + 250;
  const event = lastEvent({ kind: "deadline_reached", lots: [{ bids, lot: "1" }], t0: T0 }, 2, at, leaves[0] as Uint8Array);
  return { event, statement: { at, project: PROJECT, root: hex(event.root), shell_seq: 2, size: 2 } };
};

describe("before a bidder lets go of b", () => {
  let header: Header;

  /** What this bidder would be asked to believe of a list of bids, under the event that fixed another or the same one. */
  async function asked(told: string[], fixed: string[], prove: (it: ReturnType<typeof closed>) => Promise<StatementProof | null>) {
    const it = closed(fixed);
    const receipt = { bid: header.bid, leaf: hex(leaves[0] as Uint8Array), lot: "1", project: PROJECT, received: T0 - 1000, tick: 1 };
    const request: UnlockRequest = {
      place: PLACE,
      terms: canonical(content),
      header: header.bytes,
      bid: header.bid,
      now: NOW,
      closing: await state(platform.statement, "closing", { ...it.statement, lots: [{ bids: told, lot: "1" }] }),
      proof: await prove(it),
      receipt: await state(platform.receipt, "receipt", receipt),
      inclusion: { index: 0, size: 2, leaf: hex(leaves[0] as Uint8Array), path: [hex(it.event.leaf)] },
    };
    return outcome(await beforeUnlock(request), "unlock-log");
  }
  const by = (some: Signatory[], after: number) => (it: ReturnType<typeof closed>) =>
    anchored(it.statement, it.event, log, some, it.statement.at + after);
  const nothing = async () => null;

  describe("under terms with a quorum of two", () => {
    beforeAll(async () => {
      await begin(trust(2));
      header = await sealOne("one", false);
    });

    it("two witnesses are enough", async () => {
      const bids = [header.bid];
      expect(await asked(bids, bids, by(witnesses.slice(1), 0))).toEqual(went());
      expect(await asked(bids, bids, by(witnesses, 121_000))).toEqual(went("cosigned-late"));
    });

    it("fewer are not, nor is silence", async () => {
      const bids = [header.bid];
      expect(await asked(bids, bids, by(witnesses.slice(2), 0))).toEqual(stopped("log-quorum"));
      expect(await asked(bids, bids, by(witnesses, -1000))).toEqual(stopped("log-quorum"));
      expect(await asked(bids, bids, nothing)).toEqual(stopped("log-quorum"));
    });

    it("another list than the anchored one is none", async () => {
      const fixed = [header.bid, "f".repeat(64)];
      expect(await asked([header.bid], fixed, by(witnesses, 0))).toEqual(stopped("statement-differs"));
      expect(await asked(fixed, [header.bid], by(witnesses, 0))).toEqual(stopped("statement-differs"));
    });

    it("nor is one that another log vouches for", async () => {
      const other = await signatory(PLACE.origin, KIND.log);
      const prove = (it: ReturnType<typeof closed>) => anchored(it.statement, it.event, other, witnesses, it.statement.at);
      expect(await asked([header.bid], [header.bid], prove)).toEqual(stopped("log-unsigned"));
    });
  });

  describe("under terms that ask for no witness", () => {
    beforeAll(async () => {
      await begin({ log_key: log.vkey });
      header = await sealOne("one", false);
    });

    it("a missing proof is told, and a wrong one stops", async () => {
      const bids = [header.bid];
      expect(await asked(bids, bids, by([], 0))).toEqual(went());
      expect(await asked(bids, bids, nothing)).toEqual(went("not-logged"));
      expect(await asked(bids, [], by([], 0))).toEqual(stopped("statement-differs"));
    });
  });

  describe("under terms without a log", () => {
    beforeAll(async () => {
      await begin();
      header = await sealOne("one", false);
    });

    it("that there is nothing to ask is told", async () => {
      expect(await asked([header.bid], [header.bid], nothing)).toEqual(went("no-log"));
    });
  });
});

describe("before a custodian lets go of a share", () => {
  beforeAll(() => beginRelease(trust(2)));

  const live = () => headers.map(({ bid }) => bid).sort();

  /** Both lists with their proofs: the accepted one as it is told, and as its event fixed it. */
  async function lists(told = live(), fixed = live()): Promise<ReleaseOrder["view"]> {
    const closing = closed(live());
    const at = T0 + 30_000;
    const event = lastEvent({ bids: fixed, kind: "accepted_fixed", lot: "1" }, 3, at, closing.event.root);
    const accepted = { at, project: PROJECT, root: hex(event.root), size: 3 };
    const shown = await view(closing.statement, { ...accepted, bids: told });
    return {
      ...shown,
      consistency: [hex(event.leaf)],
      closing_proof: await anchored(closing.statement, closing.event, log, witnesses, closing.statement.at),
      accepted_proof: await anchored(accepted, event, log, witnesses, at),
    };
  }
  const released = async (view: ReleaseOrder["view"]) => outcome(await release({ ...order, view }), "release-log");

  it("both lists are proved by the log", async () => {
    expect(await released(await lists())).toEqual(went());
  });

  it("neither may lack its proof", async () => {
    const { closing_proof, accepted_proof, ...bare } = await lists();
    expect(await released({ ...bare, accepted_proof })).toEqual(stopped("log-quorum"));
    expect(await released({ ...bare, closing_proof })).toEqual(stopped("log-quorum"));
    expect(await released({ ...bare, closing_proof, accepted_proof: closing_proof })).toEqual(stopped("anchor-differs"));
  });

  it("an accepted set that its event did not fix is none", async () => {
    expect(await released(await lists(live().slice(1), live()))).toEqual(stopped("statement-differs"));
  });

  it("a rescue asks for the closing list's proof", async () => {
    const [header] = headers as [Header];
    const shown = await lists();
    const asked = async (closingProof: StatementProof | null) =>
      outcome(
        await rescue({
          terms: order.terms,
          judge,
          closing: shown.closing,
          closingProof,
          order: await sign(people.supervisor, { act: "order-rescue", lot: "1", party: "0".repeat(32), bid: header.bid, reason: "x" }),
          bid: header.bid,
          header: header.bytes,
          now: NOW,
          key: keys[2] ?? order.key,
        }),
        "rescue-log",
      );
    expect(await asked(shown.closing_proof ?? null)).toEqual(went());
    expect(await asked(null)).toEqual(stopped("log-quorum"));
    expect(await asked(shown.accepted_proof ?? null)).toEqual(stopped("anchor-differs"));
  });
});
