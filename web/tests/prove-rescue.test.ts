/** What is proved before a secret leaves: each condition broken by itself is refused by its own code. */
import { beforeAll, describe, expect, it } from "vitest";
import { rescue, type Header } from "@/crypto/bid";
import { NOW, T0, judge, keys, own, people, platform, sealOne, sign, state, terms, type Person } from "./proving";
import { beginRelease, closingOf, headers, order } from "./proving-release";

describe("before a custodian rescues", () => {
  beforeAll(() => beginRelease());

  it("a rescue gives this custodian's share of b, for a bid on the closing list that wants one", async () => {
    const [header] = headers as [Header, Header];
    const orderOf = (who: Person, bid: string, change: object = {}) =>
      sign(who, { act: "order-rescue", lot: "1", party: "0".repeat(32), bid, reason: "x", ...change });
    const signed = await orderOf(people.supervisor, header.bid);
    const ordered = {
      terms,
      judge,
      closing: order.view.closing,
      order: signed,
      bid: header.bid,
      header: header.bytes,
      now: NOW,
      key: keys[2]!,
    };
    const list = await rescue(ordered);
    expect(list.failure).toBeUndefined();
    expect(list.value!.body).toMatchObject({ act: "rescue", lot: "1", share: { bid: header.bid, envelope: 0, x: 3 } });
    expect((await rescue({ ...ordered, now: T0 - 1 })).failure?.code).toBe("clock-before-t0");
    expect((await rescue({ ...ordered, bid: "0".repeat(64) })).failure?.code).toBe("not-on-list");
    expect((await rescue({ ...ordered, header: headers[1]!.bytes })).failure?.code).toBe("header-other-terms");
    expect((await rescue({ ...ordered, key: own })).failure?.code).toBe("not-this-key");
    for (const other of [
      await orderOf(people.centre, header.bid),
      await orderOf(people.supervisor, headers[1]!.bid),
      await orderOf(people.supervisor, header.bid, { lot: "2" }),
      { body: signed.body },
    ])
      expect((await rescue({ ...ordered, order: other })).failure?.code).toBe("order-unproved");
    const plain = await sealOne("three", false);
    const closing = await state(platform.statement, "closing", { ...closingOf(), lots: [{ bids: [plain.bid], lot: "1" }] });
    expect(
      (await rescue({ ...ordered, closing, order: await orderOf(people.supervisor, plain.bid), bid: plain.bid, header: plain.bytes }))
        .failure?.code,
    ).toBe("rescue-not-wanted");
  });
});
