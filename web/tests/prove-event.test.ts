/** That an event is in the anchored tree: each part broken by itself is refused by its own code. */
import { beforeAll, expect, it } from "vitest";
import { hex } from "@/crypto/bid/encoding";
import type { StatementProof } from "@/crypto/contract";
import { proveEvent } from "@/crypto/tlog/event";
import { KIND } from "@/crypto/tlog/note";
import { anchored, lastEvent, signatory, type Signatory } from "./logging";
import { leaves, PLACE, PROJECT } from "./proving";

const AT = 1_800_000_000_250;
const event = lastEvent({ kind: "deadline_reached", lots: [], t0: AT }, 2, AT, leaves[0] as Uint8Array);
const tree = { project: PROJECT, root: hex(event.root), size: 2 };
const it2 = { project: PROJECT, seq: 2, shell: event.shell };

let log: Signatory;
let witness: Signatory;
let shown: StatementProof;
beforeAll(async () => {
  log = await signatory(PLACE.origin, KIND.log);
  witness = await signatory("witness.example.org", KIND.witness);
  shown = await anchored(tree, event, log, [witness], AT);
});
const trust = (quorum: number, key = log.vkey) => ({ origin: PLACE.origin, log_key: key, witnesses: quorum ? [witness.vkey] : [], quorum });
const proof = () => ({ seq: 2, size: 2, root: tree.root, path: event.path, anchored: shown.anchored });
const refused = (given: unknown, who = trust(0), what = it2) =>
  proveEvent(what, given, who).then(
    () => "proved",
    (error: { code: string }) => error.code,
  );

it("holds with its path, its anchor and the witnesses' times", async () => {
  const proved = await proveEvent(it2, proof(), trust(1));
  expect(proved).toMatchObject({
    size: 2,
    root: tree.root,
    leaf: hex(event.leaf),
    anchored: { tick: 7, times: [BigInt(Math.floor(AT / 1000))] },
  });
});

it("holds in the platform's tree alone where nothing is anchored yet, and says so", async () => {
  const { anchored: _, ...bare } = proof();
  expect((await proveEvent(it2, bare, trust(0))).anchored).toBeUndefined();
});

it("does not hold for another event, path, root, tree, project or log", async () => {
  expect(await refused(proof(), trust(0), { ...it2, shell: `${event.shell} ` })).toBe("event-differs");
  expect(await refused({ ...proof(), seq: 1 })).toBe("event-differs");
  expect(await refused({ ...proof(), path: ["0".repeat(64)] })).toBe("event-differs");
  expect(await refused({ ...proof(), root: "0".repeat(64) })).toBe("event-differs");
  expect(await refused({ ...proof(), more: 1 })).toBe("event-differs");
  expect(await refused(proof(), trust(0), { ...it2, project: "another" })).toBe("anchor-differs");
  const other = await signatory(PLACE.origin, KIND.log);
  expect(await refused(proof(), trust(0, other.vkey))).toBe("log-unsigned");
  const alone = await anchored(tree, event, log, [], AT);
  expect(await refused({ ...proof(), anchored: alone.anchored }, trust(1))).toBe("log-quorum");
  const elsewhere = await anchored({ ...tree, size: 3 }, event, log, [], AT);
  expect(await refused({ ...proof(), anchored: elsewhere.anchored })).toBe("anchor-differs");
  expect(await refused(proof(), { origin: PLACE.origin, witnesses: [], quorum: 0 } as never)).toBe("terms-log");
});
