/** Opening one's own wrap (docs/spec/sealed-bid.md, 11 and 15). */
import type { Header } from "./header";
import type { Bytes, Hex, OpeningKey } from "./types";

/** Tries the keys in turn: a wrap opens and b is the committed one. Gives the key's place in the list. */
export async function rehearse(header: Header, keys: OpeningKey[]): Promise<{ key: number }> {
  void [header, keys];
  throw new Error("not yet");
}

/** b, only under a header that one of the bidder's own submit acts names (`submitted`: that act's `bid`). */
export async function secretOf(header: Header, keys: OpeningKey[], submitted: Hex): Promise<Bytes> {
  void [header, keys, submitted];
  throw new Error("not yet");
}
