/** What is proved before a secret leaves: each condition broken by itself is refused by its own code. */
import { beforeAll, describe, expect, it } from "vitest";
import { release, type AcceptedView, type Header, type ReleaseOrder } from "@/crypto/bid";
import { answersOf } from "@/crypto/bid/answers";
import { digestOf } from "@/crypto/bid/hash";
import { T0, keys, people } from "./proving";
import { beginRelease, headers, order, unlockOf } from "./proving-release";

describe("before a custodian releases a share", () => {
  beforeAll(() => beginRelease());

  it("a bid whose wrap gives no share is said so, and keeps no other bid shut", async () => {
    const wrong = { ...keys[0]!, spki: order.key.spki };
    const list = await release({ ...order, key: wrong });
    expect(list.failure).toBeUndefined();
    expect(list.steps.at(-1)?.params).toEqual({ shares: 0, withheld: 2 });
    expect(list.value!.secrets).toEqual([]);
    const said = headers.map(({ bid, wraps }) => ({
      bid,
      why: { reason: "wrap-does-not-open", wrap: digestOf(wraps.release[1]!.value) },
    }));
    expect(list.value!.body["withheld"]).toEqual(said);
  });

  it("a wrap that opens on another share than the committed one is told with what was inside", async () => {
    const [first, second] = headers as [Header, Header];
    const ks = first.commitments.release;
    const bent = { ...first, commitments: { ...first.commitments, release: [ks[0]!, "0".repeat(64), ks[2]!] } };
    const wrap = digestOf(first.wraps.release[1]!.value);
    const good = await answersOf([{ bid: first.bid, header: first }], 2, order.key);
    const opened = good.shares[0]!.share;
    const proved = [bent, second].map((header) => ({ bid: header.bid, header }));
    const answers = await answersOf(proved, 2, order.key);
    expect(answers.shares.map(({ bid }) => bid)).toEqual([second.bid]);
    expect(answers.withheld).toEqual([{ bid: first.bid, why: { reason: "share-does-not-match", wrap, opened } }]);
  });

  const bids = (change: (bid: AcceptedView["bids"][number]) => Promise<object> | object) => async () => {
    const [first, ...others] = order.view.bids;
    return { view: { ...order.view, bids: [{ ...first!, ...(await change(first!)) }, ...others] } };
  };

  /** One bid is withheld for this cause, and the other one is released all the same. */
  const withholds = (change: () => Promise<Partial<ReleaseOrder>> | Partial<ReleaseOrder>, cause: string) => async () => {
    const list = await release({ ...order, ...(await change()) });
    expect(list.failure).toBeUndefined();
    expect(list.value!.withheld).toEqual([{ bid: headers[0]!.bid, why: { reason: "not-proved", cause } }]);
    expect(list.value!.secrets).toHaveLength(1);
  };
  const others = () => ({ view: { ...order.view, bids: order.view.bids.slice(1) } });
  it("a bid that is listed and not shown is withheld", withholds(others, "header"));
  it(
    "a bid with another bid's header is withheld",
    withholds(
      bids(() => ({ header: order.view.bids[1]!.header })),
      "header",
    ),
  );
  it(
    "a bid with a header that is none is withheld",
    withholds(
      bids(() => ({ header: "AAAA" })),
      "header",
    ),
  );
  it(
    "a bid without its bidder's unlock is withheld",
    withholds(
      bids(() => ({ unlock: null })),
      "unlock-missing",
    ),
  );
  it(
    "a bid whose unlock was altered is withheld",
    withholds(
      bids(({ unlock }) => ({ unlock: { ...unlock!, body: unlock!.body.replace('"lot":"1"', '"lot":"2"') } })),
      "unlock-unproved",
    ),
  );
  it(
    "a bid whose unlock another organisation signed is withheld",
    withholds(
      bids(async ({ bid }) => ({ unlock: await unlockOf(people.centre, bid) })),
      "unlock-other",
    ),
  );
  it(
    "a bid with an unlock of another bid is withheld",
    withholds(
      bids(async () => ({ unlock: await unlockOf(people.bidder, headers[1]!.bid) })),
      "unlock-other",
    ),
  );
  it(
    "a bid with an unlock for another lot is withheld",
    withholds(
      bids(async ({ bid }) => ({ unlock: await unlockOf(people.bidder, bid, { lot: "2" }) })),
      "unlock-other",
    ),
  );
  it(
    "a bid whose unlock is said to have been accepted long before T0 is withheld",
    withholds(
      bids(async ({ bid }) => ({ unlock: await unlockOf(people.bidder, bid, {}, T0 - 121_000) })),
      "unlock-unproved",
    ),
  );
  it(
    "a bid whose unlock is by a certificate that had ended is withheld",
    withholds(
      bids(async ({ bid }) => ({ unlock: await unlockOf(people.bidder, bid, {}, T0 + 2000) })),
      "unlock-unproved",
    ),
  );
  it(
    "a bid with an unlock of a member too many is withheld",
    withholds(
      bids(async ({ bid }) => ({ unlock: await unlockOf(people.bidder, bid, { x: 1 }) })),
      "unlock-other",
    ),
  );
  it("a rescued bid needs no unlock of whoever took part in the rescue", async () => {
    const change = await bids(() => ({ unlock: null }))();
    expect((await release({ ...order, ...change, rescued: [headers[0]!.bid] })).failure).toBeUndefined();
  });
});
