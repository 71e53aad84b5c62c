import type { AcceptedView, Header, ReleaseOrder } from "@/crypto/bid";
import { base64, hex, utf8 } from "@/crypto/bid/encoding";
import { digestOf } from "@/crypto/bid/hash";
import {
  NOW,
  PROJECT,
  T0,
  begin,
  judge,
  keys,
  leaves,
  people,
  platform,
  root2,
  root3,
  sealOne,
  sign,
  state,
  terms,
  type Person,
} from "./proving";

/** Two sealed bids, their lists, and what a custodian is asked to release: `beginRelease` makes them. */
export let headers: Header[];
export let order: ReleaseOrder;

export const closingOf = () => ({
  at: T0,
  lots: [{ bids: headers.map(({ bid }) => bid).sort(), lot: "1" }],
  project: PROJECT,
  root: root2,
  shell_seq: 2,
  size: 2,
});
export const view = async (closing: object = {}, accepted: object = {}): Promise<AcceptedView> => {
  const closed = await state(platform.statement, "closing", { ...closingOf(), ...closing });
  const fixed = {
    at: T0 + 30_000,
    bids: headers.map(({ bid }) => bid).sort(),
    closing: digestOf(utf8(closed.body)),
    lot: "1",
    project: PROJECT,
    root: root3,
    size: 3,
  };
  return {
    closing: closed,
    accepted: await state(platform.statement, "accepted", { ...fixed, ...accepted }),
    consistency: [hex(leaves[2]!)],
    bids: await Promise.all(
      headers.map(async ({ bid, bytes }) => ({ bid, header: base64(bytes), unlock: await unlockOf(people.bidder, bid) })),
    ),
  };
};
export const unlockOf = (who: Person, bid: string, change: object = {}, accepted = T0 + 500) =>
  sign(who, { act: "unlock", bid, key: "1".repeat(64), lot: "1", ...change }, accepted);

export async function beginRelease(log: Parameters<typeof begin>[0] = {}): Promise<void> {
  await begin(log);
  headers = await Promise.all([sealOne("one", true), sealOne("two", true)]);
  headers.sort((one, other) => (one.bid < other.bid ? -1 : 1));
  order = { terms, view: await view(), judge, now: NOW, key: keys[1]!, rescued: [] };
}
