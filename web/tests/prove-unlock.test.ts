/** What is proved before a secret leaves: each condition broken by itself is refused by its own code. */
import { beforeAll, describe, expect, it } from "vitest";
import { beforeUnlock, type Header } from "@/crypto/bid";
import { canonical } from "@/crypto/bid/canonical";
import { hex } from "@/crypto/bid/encoding";
import type { UnlockRequest } from "@/crypto/contract";
import { NOW, PLACE, PROJECT, T0, begin, content, leaves, platform, root2, root3, sealOne, state } from "./proving";

describe("before a bidder lets go of b", () => {
  let request: Omit<UnlockRequest, "keyfile">;
  let header: Header;

  beforeAll(async () => {
    await begin();
    header = await sealOne("one", false);
    const closing = { at: T0, lots: [{ bids: [header.bid], lot: "1" }], project: PROJECT, root: root2, shell_seq: 2, size: 2 };
    const receipt = { bid: header.bid, leaf: hex(leaves[0]!), lot: "1", project: PROJECT, received: T0 - 1000, tick: 0 };
    request = {
      place: PLACE,
      terms: canonical(content),
      header: header.bytes,
      bid: header.bid,
      now: NOW,
      closing: await state(platform.statement, "closing", closing),
      receipt: await state(platform.receipt, "receipt", receipt),
      inclusion: { index: 0, size: 2, leaf: hex(leaves[0]!), path: [hex(leaves[1]!)] },
    };
  });

  it("every step is done, in this order", async () => {
    const list = await beforeUnlock(request);
    expect(list.failure).toBeUndefined();
    expect(list.steps.map(({ code }) => code)).toEqual(
      ["header", "terms", "receipt", "closing", "clock", "list", "tree", "log"].map((step) => `unlock-${step}`),
    );
  });

  const at = (change: () => Promise<Partial<typeof request>> | Partial<typeof request>, step: string, code: string) => async () => {
    const list = await beforeUnlock({ ...request, ...(await change()) });
    expect(list.failure?.code).toBe(code);
    expect(list.steps.find(({ state }) => state === "failed")?.code).toBe(step);
  };
  const closing = (change: object) =>
    state(platform.statement, "closing", {
      at: T0,
      lots: [{ bids: [header.bid], lot: "1" }],
      project: PROJECT,
      root: root2,
      shell_seq: 2,
      size: 2,
      ...change,
    });

  it(
    "another bid's header is refused",
    at(() => ({ bid: "0".repeat(64) }), "unlock-header", "other-bid"),
  );
  it(
    "terms it was not sealed under are refused",
    at(() => ({ terms: canonical({ ...content, number: 2 }) }), "unlock-terms", "terms-other"),
  );
  it(
    "another platform's name is refused",
    at(() => ({ place: { ...PLACE, origin: "other" } }), "unlock-terms", "terms-elsewhere"),
  );
  it(
    "a missing receipt is asked for",
    at(() => ({ receipt: undefined }), "unlock-receipt", "receipt-needed"),
  );
  it(
    "a receipt under another key is refused",
    at(
      async () => ({ receipt: await state(platform.statement, "receipt", JSON.parse(request.receipt!.body).statement) }),
      "unlock-receipt",
      "signature-invalid",
    ),
  );
  it(
    "a receipt of another bid is refused",
    at(
      async () => ({
        receipt: await state(platform.receipt, "receipt", { ...JSON.parse(request.receipt!.body).statement, bid: "0".repeat(64) }),
      }),
      "unlock-receipt",
      "receipt-other",
    ),
  );
  it(
    "a closing statement under another key is refused",
    at(
      async () => ({ closing: await state(platform.receipt, "closing", JSON.parse(request.closing.body).statement) }),
      "unlock-closing",
      "signature-invalid",
    ),
  );
  it(
    "a closing statement that was altered is refused",
    at(
      () => ({ closing: { ...request.closing, body: request.closing.body.replace(`${T0}`, `${T0 - 1}`) } }),
      "unlock-closing",
      "signature-invalid",
    ),
  );
  it(
    "a receipt in a closing's place is refused",
    at(() => ({ closing: request.receipt! }), "unlock-closing", "statement-elsewhere"),
  );
  it(
    "a clock before T0 is refused",
    at(() => ({ now: T0 - 1 }), "unlock-clock", "clock-before-t0"),
  );
  it(
    "a list without the bid is refused",
    at(async () => ({ closing: await closing({ lots: [{ bids: [header.bid], lot: "2" }] }) }), "unlock-list", "not-on-list"),
  );
  it(
    "a missing proof is asked for",
    at(() => ({ inclusion: undefined }), "unlock-tree", "proof-needed"),
  );
  it(
    "a proof for another tree is refused",
    at(async () => ({ closing: await closing({ root: root3, size: 3 }) }), "unlock-tree", "not-in-tree"),
  );
  it(
    "a proof that leads elsewhere is refused",
    at(() => ({ inclusion: { ...request.inclusion!, path: [hex(leaves[2]!)] } }), "unlock-tree", "not-in-tree"),
  );
});
